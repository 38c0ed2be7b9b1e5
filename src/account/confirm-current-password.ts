import type { Request } from 'express'
import { checkTaken } from '../auth/password/check-password.js'
import { takePasswordAttempt, notifyPasswordFailures } from '../auth/password/password-limit.js'
import { verifyPassword } from '../crypto/hash-password.js'
import { runStatement } from '../db/run-statement.js'
import { personSender } from '../http/client/ip-rate-limit.js'
import { readClientInfo } from '../http/client/read-client-info.js'
import type { AccountServices } from './account-services.js'

export type OwnPasswordCheck =
  { ok: true } | { ok: false; code: 'invalid_password' | 'too_many_requests'; retryAfter?: number }

/**
 * Checks the signed-in user's password again. Attempts in a session have their own limit, so
 * that a session cannot be used to guess the password, and failed sign-ins elsewhere cause no
 * wait here.
 */
export async function confirmCurrentPassword(
  account: AccountServices,
  req: Request,
  typed: string,
): Promise<OwnPasswordCheck> {
  const userId = req.user?.id ?? 0
  const sender = personSender(userId)
  const wait = await account.ipRateLimit.take(sender)
  if (wait !== null) return { ok: false, code: 'too_many_requests', retryAfter: wait }
  const attempt = await takePasswordAttempt(account, req, { subject: `user:${userId}`, userId, login: null })
  if (!attempt.ok) {
    await account.ipRateLimit.refund(sender)
    return { ok: false, code: 'too_many_requests', retryAfter: attempt.retryAfter }
  }
  if (!(await checkTaken(attempt, () => isPasswordOf(account, userId, typed)))) {
    await notifyPasswordFailures(account, { userId, failures: attempt.failures, client: readClientInfo(req) })
    return { ok: false, code: 'invalid_password' }
  }
  for (const { sql, values } of [...attempt.succeeded(), ...account.ipRateLimit.refundStatement(sender)])
    await runStatement(account.database, undefined, sql, values)
  return { ok: true }
}

async function isPasswordOf({ database }: AccountServices, userId: number, typed: string): Promise<boolean> {
  const sql = 'select password_hash as hash from users where id = $userId'
  const [row] = await runStatement<{ hash: string | null }>(database, undefined, sql, { userId })
  return verifyPassword(row?.hash ?? null, typed)
}
