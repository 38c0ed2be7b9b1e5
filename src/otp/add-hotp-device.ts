import type { Transaction } from 'sequelize'
import { toDevice } from './ask-device.js'
import type { Device, DeviceRow } from './device.js'
import { hotp } from './kinds/hotp.js'
import { withRoom } from './limit-set-ups.js'
import type { Otp } from './otp.js'
import { runStatement } from '../db/run-statement.js'
import { nextId } from './sql/next-id.js'

export interface NewHotpDevice {
  userId: number
  name: string
  /** Raw bytes, as the maker of the hardware token gave them. */
  secret: Uint8Array
  digits: 6 | 8
  /** Of the next code. */
  counter: number
  confirmed: boolean
}

/** Adds a hardware token. Its key comes from its maker, so it is never shown again. */
export async function addHotpDevice(
  otp: Otp,
  transaction: Transaction,
  { userId, name, secret, digits, counter, confirmed }: NewHotpDevice,
): Promise<Device> {
  const id = await nextId(otp, transaction, hotp.table)
  const sealed = otp.keys.seal(secret, { column: 'hotp_devices.secret', id })
  const values = { id, userId, name, sealed, digits, counter, confirmed, now: otp.clock.now() }
  const [row] = await withRoom(otp, transaction, values, (within) =>
    runStatement<DeviceRow & Record<string, unknown>>(otp.database, within, INSERT, values),
  )
  if (!row) throw new Error('The new hardware token gave no row.')
  return toDevice(hotp, row)
}

const INSERT = `
insert into hotp_devices (id, user_id, name, secret, digits, counter, confirmed, created_at)
values ($id, $userId, $name, $sealed, $digits, $counter, $confirmed, $now)
returning *`
