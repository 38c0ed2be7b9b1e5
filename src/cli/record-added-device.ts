import type { Transaction } from 'sequelize'
import { noClient, recordAuditEvent } from '../audit/record-event.js'
import { unlockUser } from '../auth/unlock-user.js'
import { deleteTrustedBrowsers } from '../auth/trusted-browser/revoke-on-device-change.js'
import type { Config } from '../config/read-config.js'
import type { User } from '../db/models/user.js'
import type { Device } from '../otp/device.js'
import type { Otp } from '../otp/otp.js'
import { notifyFromCommandLine } from './notify-from-command-line.js'
import { warnObstacles } from './warn-obstacles.js'

/**
 * Completes the adding of a device on the command line: ends the owner's locks, so that the
 * device can be used immediately, records an event and emails the owner.
 */
export async function recordAddedDevice(
  otp: Otp,
  config: Config,
  transaction: Transaction,
  owner: Pick<User, 'id' | 'email'>,
  { persistentId, userId, name, kind }: Device,
): Promise<void> {
  await unlockUser(otp, transaction, { userId, actorId: null, origin: noClient })
  await warnObstacles(otp, config, transaction, owner, 'enable')
  await recordAuditEvent(otp.database, transaction, {
    event: 'device_added',
    at: otp.clock.now(),
    userId,
    device: persistentId,
    origin: noClient,
    details: { by: 'command line' },
  })
  await deleteTrustedBrowsers(otp.database, transaction, userId)
  await notifyFromCommandLine(otp, config, transaction, userId, { mail: 'device-added', device: name, kind })
}
