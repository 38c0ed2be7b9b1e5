import type { Transaction } from 'sequelize'
import { noClient, recordAuditEvent } from '../audit/record-event.js'
import { unlockUser } from '../auth/unlock-user.js'
import { deleteTrustedBrowsers } from '../auth/trusted-browser/revoke-on-device-change.js'
import type { Config } from '../config/read-config.js'
import type { User } from '../db/models/user.js'
import type { DeviceFromCommand } from '../otp/kind-registry/kind-command.js'
import type { Otp } from '../otp/otp.js'
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
 * Adds a device, ends the owner's locks, so that it can be used immediately, records an event and
 * emails the owner.
 */
export async function recordAddedDevice(
  { otp, config, transaction, user }: Adding,
  add: () => Promise<DeviceFromCommand>,
): Promise<DeviceFromCommand> {
  const added = await add()
  const { persistentId, name, kind } = added.device
  await unlockUser(otp, transaction, { userId: user.id, actorId: null, origin: noClient })
  await warnObstacles(otp, config, transaction, user, 'enable')
  await recordEvent(otp, transaction, user.id, { event: 'device_added', device: persistentId })
  await deleteTrustedBrowsers(otp.database, transaction, user.id)
  await notifyFromCommandLine(otp, config, transaction, user.id, { mail: 'device-added', device: name, kind })
  return added
}

/** Adds a backup token, ends the owner's locks, records an event and emails the owner. */
export async function recordBackupToken(
  { otp, config, transaction, user }: Adding,
  add: () => Promise<DeviceFromCommand>,
): Promise<DeviceFromCommand> {
  await warnObstacles(otp, config, transaction, user, 'giveBackupToken')
  await unlockUser(otp, transaction, { userId: user.id, actorId: null, origin: noClient })
  const added = await add()
  const { device, tokensLeft: left = 0 } = added
  await recordEvent(otp, transaction, user.id, { event: 'backup_token_added', device: device.persistentId })
  await notifyFromCommandLine(otp, config, transaction, user.id, { mail: 'backup-tokens-made', left })
  return added
}

async function recordEvent(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  event: { event: 'device_added' | 'backup_token_added'; device: string },
): Promise<void> {
  const common = { at: otp.clock.now(), userId, origin: noClient, details: { by: 'command line' } }
  await recordAuditEvent(otp.database, transaction, { ...event, ...common })
}
