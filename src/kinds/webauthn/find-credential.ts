import { runStatement } from '../../db/run-statement.js'
import type { PersistentId } from '../../otp/device.js'
import type { Otp } from '../../otp/otp.js'
import { persistentId } from '../../otp/devices/persistent-id.js'
import { parseAssertion } from './parse-response.js'

/**
 * Finds the confirmed key that made an assertion, and its owner. The assertion is not verified
 * here; `verifyToken` does that.
 *
 * @param token the assertion as JSON
 * @returns null if the text is not an assertion, or the key is unknown
 */
export async function findCredential(
  otp: Pick<Otp, 'database'>,
  token: string,
): Promise<{ deviceId: PersistentId; userId: number } | null> {
  const assertion = parseAssertion(token)
  if (!assertion) return null
  const [row] = await runStatement<{ id: number; user_id: number }>(otp.database, undefined, FIND, { id: assertion.id })
  return row ? { deviceId: persistentId('webauthn', row.id), userId: row.user_id } : null
}

const FIND = 'select id, user_id from webauthn_devices where credential_id = $id and confirmed'
