import type { Transaction } from 'sequelize'
import type { ClientInfo } from '../../client-info.js'
import { runStatement } from '../../db/run-statement.js'
import type { Actor } from '../events.js'
import { kindsByNow } from '../kind-registry/unregistered-kinds.js'
import type { Otp } from '../otp.js'
import { devicesForUser } from './devices-for-user.js'
import { recordDeviceRemoved } from './record-device-change.js'

/** The user whose devices are removed, and who removes them. */
export interface RemoveAllRequest extends Actor {
  userId: number
  client: ClientInfo
}

/**
 * Removes every device of a user, confirmed or not, and ends the user's sessions, because a device
 * must not be outlived by a session that it verified. Includes devices of kinds that are not in use,
 * because they would verify again once their kind is enabled. Emits `deviceRemoved` for each.
 *
 * @returns how many were removed
 */
export async function removeAllDevices(
  otp: Otp,
  transaction: Transaction,
  { userId, ...doer }: RemoveAllRequest,
): Promise<number> {
  await otp.database.models.User.increment('auth_epoch', { where: { id: userId }, transaction })
  const kinds = await kindsByNow(otp, transaction)
  const devices = await devicesForUser({ ...otp, kinds }, userId, { confirmed: null, transaction })
  const at = otp.clock.now()
  for (const { table } of kinds)
    await runStatement(otp.database, transaction, `delete from ${table} where user_id = $userId`, { userId })
  for (const device of devices) await recordDeviceRemoved(otp, { ...doer, userId, device, at, transaction, all: true })
  return devices.length
}
