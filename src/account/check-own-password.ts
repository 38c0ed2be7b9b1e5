import type { Request } from 'express'
import { verifyPassword } from '../crypto/hash-password.js'
import { runStatement } from '../db/run-statement.js'
import type { Account } from './account.js'

export type PasswordCheck =
  { ok: true } | { ok: false; code: 'invalid_password' | 'too_many_requests'; retryAfter?: number }

/**
 * Asks the signed-in user's password again. Wrong ones count with the failed sign-ins of the
 * address that they come from, so that an open session is no place to guess at it.
 */
export async function checkOwnPassword(account: Account, req: Request, typed: string): Promise<PasswordCheck> {
  const wait = await account.addressLimit.take(req.ip ?? '')
  if (wait !== null) return { ok: false, code: 'too_many_requests', retryAfter: wait }
  const [row] = await runStatement<{ hash: string | null }>(
    account.database,
    undefined,
    'select password_hash as hash from users where id = $userId',
    { userId: req.user?.id ?? null },
  )
  if (!(await verifyPassword(row?.hash ?? null, typed))) return { ok: false, code: 'invalid_password' }
  await account.addressLimit.giveBack(req.ip ?? '')
  return { ok: true }
}
