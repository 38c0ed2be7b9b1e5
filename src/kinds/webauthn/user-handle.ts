import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../../otp/otp.js'

/**
 * What keys call their owner, base64url: 32 bytes that say nothing of the person (WebAuthn
 * §14.6.1). One for all keys of a person, for a key keeps one passkey for each (§6.3.2), so
 * that of the first key stays, also when SECRET_KEYS change.
 */
export async function getUserHandle(otp: Otp, transaction: Transaction | undefined, userId: number): Promise<string> {
  const [key] = await runStatement<{ user_handle: string }>(otp.database, transaction, FIRST_KEY, { userId })
  if (key) return key.user_handle
  const [handle = ''] = otp.keys.handles('webauthn_devices.user_handle', String(userId))
  return handle
}

const FIRST_KEY = 'select user_handle from webauthn_devices where user_id = $userId order by id limit 1'
