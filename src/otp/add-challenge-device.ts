import type { Transaction } from 'sequelize'
import { addDevice, type NewDevice } from './add-device.js'
import type { Device } from './device.js'
import { email } from './kinds/email.js'
import { phone } from './kinds/phone.js'
import type { Otp } from './otp.js'

/** How a phone gets its codes. */
export type PhoneMethod = 'sms' | 'call'

type WithoutColumns = Omit<NewDevice, 'columns'>

/**
 * Adds a phone. Unconfirmed it verifies nobody until `confirmDevice` takes the code that
 * was sent to it.
 *
 * @param device.number E.164, from `parsePhoneNumber`
 */
export function addPhoneDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  { number, method, ...device }: WithoutColumns & { number: string; method: PhoneMethod },
): Promise<Device> {
  return addDevice(otp, transaction, phone, { ...device, columns: { number, method } })
}

/**
 * Adds a mailbox, by the same rules.
 *
 * @param device.address null: the owner's own, whatever it is when a code is sent
 */
export function addEmailDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  { address, ...device }: WithoutColumns & { address: string | null },
): Promise<Device> {
  return addDevice(otp, transaction, email, { ...device, columns: { email: address } })
}
