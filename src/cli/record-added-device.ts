import type { Transaction } from 'sequelize'
import { noClient, recordAuditEvent } from '../audit/record-event.js'
import { unlockUser } from '../auth/unlock-user.js'
import type { Config } from '../config/read-config.js'
import type { User } from '../db/models/user.js'
import type { DeviceFromCommand } from '../otp/kind-registry/kind-command.js'
import type { Otp } from '../otp/otp.js'
import { recordDeviceAdded } from '../otp/devices/record-device-change.js'
import { notifyFromCommandLine } from './notify-from-command-line.js'
import { warnObstacles } from './warn-obstacles.js'

/** Where and for whom a device is added. */
export interface Adding {
  otp: Otp
  config: Config
  transaction: Transaction
  user: Pick<User, 'id' | 'email'>
}

/**
 * Adds a device, and ends the owner's locks, so that it can be used immediately.
 */
export async function recordAddedDevice(
  { otp, config, transaction, user }: Adding,
  add: () => Promise<DeviceFromCommand>,
): Promise<DeviceFromCommand> {
  const added = await add()
  const client = noClient
  await unlockUser(otp, transaction, { userId: user.id, actorId: null, client })
  await warnObstacles(otp, config, transaction, user, 'enable')
  const about = { userId: user.id, device: added.device, at: otp.clock.now(), client, transaction }
  await recordDeviceAdded(otp, { ...about, by: 'command_line', actorId: null })
  return added
}

/** Adds a backup token, ends the owner's locks, records an event and emails the owner. */
export async function recordBackupToken(
  { otp, config, transaction, user }: Adding,
  add: () => Promise<DeviceFromCommand>,
): Promise<DeviceFromCommand> {
  const client = noClient
  await warnObstacles(otp, config, transaction, user, 'giveBackupToken')
  await unlockUser(otp, transaction, { userId: user.id, actorId: null, client })
  const added = await add()
  const { device, tokensLeft: left = 0 } = added
  await recordAuditEvent(otp.database, transaction, {
    event: 'backup_token_added',
    at: otp.clock.now(),
    userId: user.id,
    device: device.persistentId,
    client,
    details: { by: 'command line' },
  })
  await notifyFromCommandLine(otp, transaction, user.id, { mail: 'backup-tokens-made', left })
  return added
}
