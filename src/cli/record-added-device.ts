import type { Transaction } from 'sequelize'
import { nowhere, recordEvent } from '../audit.js'
import { endTrustOf } from '../auth/trusted-browser/end-trust.js'
import type { Config } from '../config/read-config.js'
import type { Device } from '../otp/device.js'
import type { Otp } from '../otp/otp.js'
import { tellOwner } from './tell-owner.js'

/** What follows a device that the command line added: a line in the audit trail, and a mail to its owner. */
export async function recordAddedDevice(
  otp: Otp,
  config: Config,
  transaction: Transaction,
  { persistentId, userId, name, kind }: Device,
): Promise<void> {
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
