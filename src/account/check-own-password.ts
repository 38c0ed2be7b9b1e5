import type { Request } from 'express'
import { checkTaken } from '../auth/check-password.js'
import { takePasswordAttempt } from '../auth/password-limit.js'
import { tellPasswordFailures } from '../auth/tell-password-failures.js'
import { verifyPassword } from '../crypto/hash-password.js'
import { runStatement } from '../db/run-statement.js'
import { describeOrigin } from '../http/describe-origin.js'
import { personSender } from '../http/limit-address.js'
import type { Account } from './account.js'

export type OwnPasswordCheck =
  { ok: true } | { ok: false; code: 'invalid_password' | 'too_many_requests'; retryAfter?: number }

/**
 * Checks the signed-in user's password again. Attempts of sessions have a limit of their own:
 * an open session is no place for guessing, and failed sign-ins elsewhere make nobody wait here.
 */
export async function checkOwnPassword(account: Account, req: Request, typed: string): Promise<OwnPasswordCheck> {
  const userId = req.user?.id ?? 0
  const sender = personSender(userId)
  const wait = await account.addressLimit.take(sender)
  if (wait !== null) return { ok: false, code: 'too_many_requests', retryAfter: wait }
  const turn = await takePasswordAttempt(account, req, { subject: `user:${userId}`, userId, login: null })
  if (!turn.ok) {
    await account.addressLimit.giveBack(sender)
    return { ok: false, code: 'too_many_requests', retryAfter: turn.retryAfter }
  }
  if (!(await checkTaken(turn, () => isPasswordOf(account, userId, typed)))) {
    await tellPasswordFailures(account, { userId, failures: turn.failures, origin: describeOrigin(req) })
    return { ok: false, code: 'invalid_password' }
  }
  for (const { sql, values } of [...turn.succeeded(), ...account.addressLimit.givenBack(sender)])
    await runStatement(account.database, undefined, sql, values)
  return { ok: true }
}

async function isPasswordOf({ database }: Account, userId: number, typed: string): Promise<boolean> {
  const sql = 'select password_hash as hash from users where id = $userId'
  const [row] = await runStatement<{ hash: string | null }>(database, undefined, sql, { userId })
  return verifyPassword(row?.hash ?? null, typed)
}
