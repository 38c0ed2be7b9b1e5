import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../../otp/otp.js'

/**
 * Returns the user handle that a user's keys store, in base64url: 32 bytes that reveal nothing about
 * the user (WebAuthn §14.6.1). It is the same for all keys of a user, because a key stores one
 * passkey per handle (§6.3.2). The first key's handle is therefore kept, even if SECRET_KEYS change.
 */
export async function getUserHandle(otp: Otp, transaction: Transaction | undefined, userId: number): Promise<string> {
  const [key] = await runStatement<{ user_handle: string }>(otp.database, transaction, FIRST_KEY, { userId })
  if (key) return key.user_handle
  const [handle = ''] = otp.keys.handles('webauthn_devices.user_handle', String(userId))
  return handle
}

const FIRST_KEY = 'select user_handle from webauthn_devices where user_id = $userId order by id limit 1'
