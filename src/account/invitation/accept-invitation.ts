import type { Request } from 'express'
import { recordAuditEvent } from '../../audit/record-event.js'
import { checkTaken } from '../../auth/password/check-password.js'
import { takePasswordAttempt, notifyPasswordFailures } from '../../auth/password/password-limit.js'
import { validatePassword, type PasswordProblem } from '../../auth/password/validate-password.js'
import type { ClientInfo } from '../../client-info.js'
import { hashPassword, verifyPassword } from '../../crypto/hash-password.js'
import { runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { notifyUser } from '../../notify/notify-user.js'
import { endOldPassword } from '../../otp/throttle/password-waits.js'
import type { AccountServices } from '../account-services.js'
import { redeemLink } from '../../auth/links/one-time-link.js'
import type { Invitation } from './read-invitation.js'

export type AcceptResult =
  | { ok: true; user: { id: number; authEpoch: number } }
  | { ok: false; code: 'link_invalid' | 'invalid_login' | PasswordProblem }
  | { ok: false; code: 'n_failed_attempts'; retryAfter: number }

/**
 * Accepts an invitation. A user with a password must enter it, because the link alone is one
 * factor that others may have seen. A user without one chooses it here.
 */
export async function acceptInvitation(
  account: AccountServices,
  req: Request,
  invitation: Invitation,
  password: string,
): Promise<AcceptResult> {
  const client = readClientInfo(req)
  if (invitation.hasPassword) {
    const rejection = await checkInvited(account, req, invitation, password)
    return rejection ?? useInvitation(account, invitation, null, client)
  }
  const problem = await validatePassword(password, [invitation.email, account.config.siteName])
  if (problem) return { ok: false, code: problem }
  return useInvitation(account, invitation, await hashPassword(password), client)
}

/** Only someone with the link can make an attempt, so attempts are counted separately from those at sign-in. */
async function checkInvited(
  account: AccountServices,
  req: Request,
  { externalId, userId }: Invitation,
  password: string,
): Promise<Exclude<AcceptResult, { ok: true }> | null> {
  const subject = externalId === null ? (`user:${userId}` as const) : (`external:${externalId}` as const)
  const attempt = await takePasswordAttempt(account, req, { subject, userId, login: null })
  if (!attempt.ok) return { ok: false, code: 'n_failed_attempts', retryAfter: attempt.retryAfter }
  const isCorrect = await checkTaken(attempt, () => isPasswordOf(account, { externalId, userId }, password))
  if (isCorrect) {
    for (const { sql, values } of attempt.succeeded()) await runStatement(account.database, undefined, sql, values)
    return null
  }
  const client = readClientInfo(req)
  await recordAuditEvent(account.database, undefined, {
    event: 'sign_in_refused',
    at: account.clock.now(),
    userId,
    client,
  })
  await notifyPasswordFailures(account, { userId, failures: attempt.failures, client })
  return { ok: false, code: 'invalid_login' }
}

async function isPasswordOf(
  account: AccountServices,
  { externalId, userId }: Pick<Invitation, 'externalId' | 'userId'>,
  password: string,
): Promise<boolean> {
  if (externalId !== null) return account.hostUsers ? account.hostUsers.isPasswordOf(externalId, password) : false
  const user = await account.database.models.User.findByPk(userId)
  const isCorrect = await verifyPassword(user?.password_hash ?? null, password)
  return isCorrect && user?.is_active === true
}

/** @param newHash of the first password; null if the user has one already */
async function useInvitation(
  account: AccountServices,
  { token, userId }: Invitation,
  newHash: string | null,
  client: ClientInfo,
): Promise<AcceptResult> {
  const { database } = account
  const at = account.clock.now()
  return database.sequelize.transaction(async (transaction) => {
    // Locks the user before the link, like creating an invitation does, to prevent deadlocks.
    const user = await database.models.User.findByPk(userId, { transaction, lock: true })
    const link = user && (await redeemLink(account, transaction, 'invitation', token))
    // Someone else may have set the first password since the page was shown.
    if (!link || (newHash !== null && user.password_hash !== null)) return { ok: false, code: 'link_invalid' }
    await recordAuditEvent(database, transaction, { event: 'invitation_used', at, userId, client })
    if (newHash !== null) {
      await user.update({ password_hash: newHash, auth_epoch: user.auth_epoch + 1 }, { transaction })
      await endOldPassword(account, transaction, userId)
      await recordAuditEvent(database, transaction, { event: 'password_changed', at, userId, client })
      const { address, browser } = client
      await notifyUser(account.otp, transaction, userId, { mail: 'password-changed', at, address, browser })
    }
    return { ok: true, user: { id: userId, authEpoch: user.auth_epoch } }
  })
}
