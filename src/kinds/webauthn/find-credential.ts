import { runStatement } from '../../db/run-statement.js'
import type { PersistentId } from '../../otp/device.js'
import type { Otp } from '../../otp/otp.js'
import { persistentId } from '../../otp/persistent-id.js'
import { parseAssertion } from './parse-response.js'

/**
 * Which confirmed key gave an answer, and whose it is. A key decides nothing here: it is
 * asked by `verifyToken`.
 *
 * @param token the JSON of the answer
 * @returns null where the text is none, or the key is not known
 */
export async function findCredential(
  otp: Pick<Otp, 'database'>,
  token: string,
): Promise<{ deviceId: PersistentId; userId: number } | null> {
  const answer = parseAssertion(token)
  if (!answer) return null
  const [row] = await runStatement<{ id: number; user_id: number }>(otp.database, undefined, FIND, { id: answer.id })
  return row ? { deviceId: persistentId('webauthn', row.id), userId: row.user_id } : null
}

const FIND = 'select id, user_id from webauthn_devices where credential_id = $id and confirmed'
