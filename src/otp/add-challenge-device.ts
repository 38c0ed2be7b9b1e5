import type { Transaction } from 'sequelize'
import { runStatement } from '../db/run-statement.js'
import { toDevice } from './ask-device.js'
import type { Device, DeviceRow } from './device.js'
import { email } from './kinds/email.js'
import { phone } from './kinds/phone.js'
import { withRoom } from './limit-set-ups.js'
import type { Otp } from './otp.js'

/** How a phone gets its codes. */
export type PhoneMethod = 'sms' | 'call'

interface NewDevice {
  userId: number
  name: string
  confirmed: boolean
}

/**
 * Adds a phone. Unconfirmed it verifies nobody until `confirmDevice` takes the code that
 * was sent to it.
 *
 * @param device.number E.164, from `parsePhoneNumber`
 */
export async function addPhoneDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  device: NewDevice & { number: string; method: PhoneMethod },
): Promise<Device> {
  const values = { ...device, now: otp.clock.now() }
  const [row] = await withRoom(otp, transaction, device, (within) =>
    runStatement<DeviceRow>(otp.database, within, INSERT_PHONE, values),
  )
  if (!row) throw new Error('The database gave no row back for a new phone.')
  return toDevice(phone, row)
}

/**
 * Adds a mailbox, by the same rules.
 *
 * @param device.address null: the owner's own, whatever it is when a code is sent (D-36)
 */
export async function addEmailDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  device: NewDevice & { address: string | null },
): Promise<Device> {
  const values = { ...device, now: otp.clock.now() }
  const [row] = await withRoom(otp, transaction, device, (within) =>
    runStatement<DeviceRow>(otp.database, within, INSERT_EMAIL, values),
  )
  if (!row) throw new Error('The database gave no row back for a new mailbox.')
  return toDevice(email, row)
}

const INSERT_PHONE = `
insert into phone_devices (user_id, name, confirmed, number, method, created_at)
values ($userId, $name, $confirmed, $number, $method, $now) returning *`

const INSERT_EMAIL = `
insert into email_devices (user_id, name, confirmed, email, created_at)
values ($userId, $name, $confirmed, $address, $now) returning *`
