import type { Transaction } from 'sequelize'
import { addDevice } from '../../otp/devices/add-device.js'
import type { Device } from '../../otp/device.js'
import { hotp } from './kind.js'
import type { Otp } from '../../otp/otp.js'

export interface NewHotpDevice {
  userId: number
  name: string
  /** Raw bytes, from the manufacturer of the hardware token. */
  secret: Uint8Array
  digits: 6 | 8
  /** The counter of the next code. */
  counter: number
  confirmed: boolean
}

/** Adds a hardware token. Its key comes from the manufacturer, so the site never shows it. */
export async function addHotpDevice(
  otp: Otp,
  transaction: Transaction,
  { secret, digits, counter, ...device }: NewHotpDevice,
): Promise<Device> {
  const sealSecret = (id: number) => otp.keys.seal(secret, { column: 'hotp_devices.secret', id })
  const columns = (id: number) => ({ secret: sealSecret(id), digits, counter })
  return addDevice(otp, transaction, hotp, { ...device, columns })
}
