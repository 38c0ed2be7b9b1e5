import { base32nopad } from '@scure/base'
import { isNotReadable } from '../crypto/keyring.js'
import { runStatement } from '../db/run-statement.js'
import { totpUri } from './key-uri.js'
import type { Otp } from './otp.js'

/** The secret for an authenticator app, shown to its owner during the setup. */
export interface TotpEnrolment {
  /** The `otpauth://` URI, also as the content of the QR code. */
  uri: string
  /** The secret in Base32, for typing. */
  secret: string
}

/**
 * Decrypts the secret of an authenticator app that is being set up.
 *
 * @returns null for a device whose setup was finished, even if it is disabled, and for another user's
 */
export async function readTotpEnrolment(
  otp: Otp,
  user: { id: number; email: string },
  deviceId: number,
): Promise<TotpEnrolment | null> {
  const [row] = await runStatement<{ secret: string }>(
    otp.database,
    undefined,
    'select secret from totp_devices where id = $deviceId and user_id = $userId and not confirmed and confirmed_at is null',
    { deviceId, userId: user.id },
  )
  if (!row) return null
  const secret = openSecret(otp, row.secret, deviceId)
  if (!secret) return null
  const uri = totpUri({ issuer: otp.settings.siteName, account: user.email, secret })
  return { uri, secret: base32nopad.encode(secret) }
}

/** @returns null if the key that encrypted it is gone, so that the setup has to start again */
function openSecret({ keys }: Otp, sealed: string, id: number): Buffer | null {
  try {
    return keys.open(sealed, { column: 'totp_devices.secret', id })
  } catch (error) {
    if (isNotReadable(error)) return null
    throw error
  }
}
