import type { Request } from 'express'
import { recordEvent } from '../../audit.js'
import { checkTaken } from '../../auth/check-password.js'
import { takePasswordAttempt } from '../../auth/password-limit.js'
import { tellPasswordFailures } from '../../auth/tell-password-failures.js'
import { hashPassword, verifyPassword } from '../../crypto/hash-password.js'
import { runStatement } from '../../db/run-statement.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'
import { endOldPassword } from '../../otp/password-waits.js'
import { useLink } from '../one-time-link.js'
import { judgePassword, type PasswordFault } from '../password/judge-password.js'
import type { Invited } from './read-invitation.js'

export type Acceptance =
  | { ok: true; user: { id: number; authEpoch: number } }
  | { ok: false; code: 'link_invalid' | 'invalid_login' | PasswordFault }
  | { ok: false; code: 'n_failed_attempts'; retryAfter: number }

/**
 * Takes an invitation up. Whoever has a password gives it, for the link alone is one factor
 * that travelled; whoever has none chooses it here.
 */
export async function acceptInvitation(
  account: Account,
  req: Request,
  invited: Invited,
  password: string,
): Promise<Acceptance> {
  const origin = describeOrigin(req)
  if (invited.hasPassword) {
    const refusal = await checkInvited(account, req, invited, password)
    return refusal ?? useInvitation(account, invited, null, origin)
  }
  const fault = await judgePassword(password, [invited.email, account.config.siteName])
  if (fault) return { ok: false, code: fault }
  return useInvitation(account, invited, await hashPassword(password), origin)
}

/** The link limits who can try, so attempts count apart from those at sign-in. */
async function checkInvited(
  account: Account,
  req: Request,
  { externalId, userId }: Invited,
  password: string,
): Promise<Exclude<Acceptance, { ok: true }> | null> {
  const subject = externalId === null ? (`user:${userId}` as const) : (`external:${externalId}` as const)
  const turn = await takePasswordAttempt(account, req, { subject, userId, login: null })
  if (!turn.ok) return { ok: false, code: 'n_failed_attempts', retryAfter: turn.retryAfter }
  const right = await checkTaken(turn, () => isPasswordOf(account, { externalId, userId }, password))
  if (right) {
    for (const { sql, values } of turn.succeeded()) await runStatement(account.database, undefined, sql, values)
    return null
  }
  const origin = describeOrigin(req)
  await recordEvent(account.database, undefined, { event: 'sign_in_refused', at: account.clock.now(), userId, origin })
  await tellPasswordFailures(account, { userId, failures: turn.failures, origin })
  return { ok: false, code: 'invalid_login' }
}

async function isPasswordOf(
  account: Account,
  { externalId, userId }: Pick<Invited, 'externalId' | 'userId'>,
  password: string,
): Promise<boolean> {
  if (externalId !== null) return account.hostUsers ? account.hostUsers.isPasswordOf(externalId, password) : false
  const user = await account.database.models.User.findByPk(userId)
  const right = await verifyPassword(user?.password_hash ?? null, password)
  return right && user?.is_active === true
}

/** @param newHash of the first password; null: there is one */
async function useInvitation(
  account: Account,
  { token, userId }: Invited,
  newHash: string | null,
  origin: Origin,
): Promise<Acceptance> {
  const { database } = account
  const at = account.clock.now()
  return database.sequelize.transaction(async (transaction) => {
    // The person first, then the link, as who invites does: the other way round each may wait for the other.
    const user = await database.models.User.findByPk(userId, { transaction, lock: true })
    const link = user && (await useLink(account, transaction, 'invitation', token))
    // Between the page and now somebody else may have set the first password.
    if (!link || (newHash !== null && user.password_hash !== null)) return { ok: false, code: 'link_invalid' }
    await recordEvent(database, transaction, { event: 'invitation_used', at, userId, origin })
    if (newHash !== null) {
      await user.update({ password_hash: newHash, auth_epoch: user.auth_epoch + 1 }, { transaction })
      await endOldPassword(account, transaction, userId)
      await recordEvent(database, transaction, { event: 'password_changed', at, userId, origin })
      const { address, browser } = origin
      await tellUser(account, transaction, userId, { mail: 'password-changed', at, address, browser })
    }
    return { ok: true, user: { id: userId, authEpoch: user.auth_epoch } }
  })
}
