import type { Transaction } from 'sequelize'
import { addDevice, type NewDevice } from '../../otp/devices/add-device.js'
import type { Device } from '../../otp/device.js'
import type { Otp } from '../../otp/otp.js'
import { email } from './kind.js'

/**
 * Adds an email device. An unconfirmed one verifies no user until `confirmDevice` accepts the code
 * that was sent to it.
 *
 * @param device.address null: codes go to the owner's current email address
 */
export function addEmailDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  { address, ...device }: Omit<NewDevice, 'columns'> & { address: string | null },
): Promise<Device> {
  return addDevice(otp, transaction, email, { ...device, columns: { email: address } })
}
