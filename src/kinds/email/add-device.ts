import type { Transaction } from 'sequelize'
import { addDevice, type NewDevice } from '../../otp/add-device.js'
import type { Device } from '../../otp/device.js'
import type { Otp } from '../../otp/otp.js'
import { email } from './kind.js'

/**
 * Adds an email device. An unconfirmed one verifies nobody until `confirmDevice` accepts the code
 * that was sent to it.
 *
 * @param device.address null: the owner's email address at the time when a code is sent
 */
export function addEmailDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  { address, ...device }: Omit<NewDevice, 'columns'> & { address: string | null },
): Promise<Device> {
  return addDevice(otp, transaction, email, { ...device, columns: { email: address } })
}
