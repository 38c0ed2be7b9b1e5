import { randomBytes } from 'node:crypto'
import type { Transaction } from 'sequelize'
import { addDevice } from '../../otp/devices/add-device.js'
import type { Device } from '../../otp/device.js'
import { totpUri } from '../../otp/devices/key-uri.js'
import { totp } from './kind.js'
import type { Otp } from '../../otp/otp.js'

/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20

export interface NewTotpDevice {
  user: { id: number; email: string }
  name: string
  /** Raw bytes; generated if omitted. */
  secret?: Uint8Array
  confirmed: boolean
}

/**
 * Adds an authenticator app. The `otpauth://` URI contains the secret: show it once, and only to
 * the owner.
 */
export async function addTotpDevice(
  otp: Otp,
  transaction: Transaction,
  { user, name, confirmed, secret = randomBytes(SECRET_BYTES) }: NewTotpDevice,
): Promise<{ device: Device; uri: string }> {
  const columns = (id: number) => ({ secret: otp.keys.seal(secret, { column: 'totp_devices.secret', id }) })
  const device = await addDevice(otp, transaction, totp, { userId: user.id, name, confirmed, columns })
  return { device, uri: totpUri({ issuer: otp.settings.siteName, account: user.email, secret }) }
}
