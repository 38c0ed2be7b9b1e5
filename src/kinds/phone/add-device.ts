import type { Transaction } from 'sequelize'
import { addDevice, type NewDevice } from '../../otp/devices/add-device.js'
import type { Device } from '../../otp/device.js'
import { phone } from './kind.js'
import type { Otp } from '../../otp/otp.js'

/** How codes are delivered to a phone. */
export type PhoneMethod = 'sms' | 'call'

/**
 * Adds a phone. An unconfirmed one verifies no user until `confirmDevice` accepts the code that
 * was sent to it.
 *
 * @param device.number E.164, from `parsePhoneNumber`
 */
export function addPhoneDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  { number, method, ...device }: Omit<NewDevice, 'columns'> & { number: string; method: PhoneMethod },
): Promise<Device> {
  return addDevice(otp, transaction, phone, { ...device, columns: { number, method } })
}
