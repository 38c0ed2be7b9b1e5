import { base32nopad } from '@scure/base'
import { isNotReadable } from '../crypto/keyring.js'
import { runStatement } from '../db/run-statement.js'
import { totpUri } from './key-uri.js'
import type { Otp } from './otp.js'

/** What an authenticator app is to be given, for its owner's eyes while it is set up. */
export interface TotpEnrolment {
  /** `otpauth://` address; the QR code is the same. */
  uri: string
  /** The secret in base32, for typing. */
  secret: string
}

/**
 * Opens the secret of an authenticator app that is being set up. A device whose setup was
 * finished gives its secret to nobody, disabled or not, nor does another's.
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

/** @returns null if the key that sealed it has gone: the setup begins again */
function openSecret({ keys }: Otp, sealed: string, id: number): Buffer | null {
  try {
    return keys.open(sealed, { column: 'totp_devices.secret', id })
  } catch (fault) {
    if (isNotReadable(fault)) return null
    throw fault
  }
}
