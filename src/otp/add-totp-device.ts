import { randomBytes } from 'node:crypto'
import type { Transaction } from 'sequelize'
import type { Device } from './device.js'
import { totpUri } from './key-uri.js'
import { totp } from './kinds/totp.js'
import { withRoom } from './limit-set-ups.js'
import type { Otp } from './otp.js'
import { toDevice } from './ask-device.js'
import { nextId } from './sql/next-id.js'

/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20

export interface NewTotpDevice {
  user: { id: number; email: string }
  name: string
  /** Raw bytes; made here where it is missing. */
  secret?: Uint8Array
  confirmed: boolean
}

/**
 * Adds an authenticator app. The `otpauth://` address holds the secret: show it once, to
 * its owner.
 */
export async function addTotpDevice(
  otp: Otp,
  transaction: Transaction,
  { user, name, confirmed, secret = randomBytes(SECRET_BYTES) }: NewTotpDevice,
): Promise<{ device: Device; uri: string }> {
  const id = await nextId(otp, transaction, totp.table)
  const sealed = otp.keys.seal(secret, { column: 'totp_devices.secret', id })
  const values = { id, user_id: user.id, name, confirmed, secret: sealed, created_at: otp.clock.now() }
  const row = await withRoom(otp, transaction, { userId: user.id, confirmed }, () =>
    otp.database.models.TotpDevice.create(values, { transaction }),
  )
  const uri = totpUri({ issuer: otp.settings.siteName, account: user.email, secret })
  return { device: toDevice(totp, row.get({ plain: true })), uri }
}
