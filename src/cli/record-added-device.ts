import type { Transaction } from 'sequelize'
import { nowhere, recordEvent } from '../audit.js'
import { unlockUser } from '../auth/unlock-user.js'
import { endTrustOf } from '../auth/trusted-browser/end-trust.js'
import type { Config } from '../config/read-config.js'
import type { User } from '../db/models/user.js'
import type { Device } from '../otp/device.js'
import type { Otp } from '../otp/otp.js'
import { tellOwner } from './tell-owner.js'
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
  await unlockUser(otp, transaction, { userId, actorId: null, origin: nowhere })
  await warnObstacles(otp, config, transaction, owner, 'enable')
  await recordEvent(otp.database, transaction, {
    event: 'device_added',
    at: otp.clock.now(),
    userId,
    device: persistentId,
    origin: nowhere,
    details: { by: 'command line' },
  })
  await endTrustOf(otp.database, transaction, userId)
  await tellOwner(otp, config, transaction, userId, { mail: 'device-added', device: name, kind })
}
