import { recordAuditEvent } from '../../audit/record-event.js'
import type { RequestUser } from '../../auth/request-user.js'
import { isUniqueViolation } from '../../db/is-unique-violation.js'
import { runStatement } from '../../db/run-statement.js'
import { enqueue } from '../../notify/enqueue.js'
import { takeRequest } from '../../notify/take-request.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'
import { createLink, redeemLink, revokeLinks } from '../../auth/links/one-time-link.js'

const PURPOSE = 'email-confirmation'

export type EmailRequest =
  | { ok: true }
  | { ok: false; reason: 'session_ended' }
  /** `retryAfter`: seconds until this user can request another link, or this email address can get one. */
  | { ok: false; reason: 'wait'; retryAfter: number }

/** The new email address, and the user who requests it. */
export interface ChangeEmailInput {
  user: RequestUser
  /** Of the requesting session. */
  epoch: number | undefined
  newEmail: string
  language: string
}

/**
 * Sends a link to the new email address and a notice to the old one. Nothing changes until the
 * link is used, and only the newest link works. A session that has ended gets no link, because
 * the link would be bound to the epoch of later sessions.
 */
export function requestEmailChange(
  account: AccountServices,
  { user, epoch, newEmail, language }: ChangeEmailInput,
  client: ClientInfo,
): Promise<EmailRequest> {
  const { database, clock } = account
  return database.sequelize.transaction(async (transaction): Promise<EmailRequest> => {
    const currentUsers = await runStatement(database, transaction, LOCK_CURRENT_USER, {
      userId: user.id,
      epoch: epoch ?? null,
    })
    if (currentUsers.length === 0) return { ok: false, reason: 'session_ended' }
    const at = clock.now()
    const { address, browser } = client
    const wait = await takeRequest(account, transaction, at, [
      { purpose: 'email-change', subject: `user:${user.id}` },
      { purpose: 'email-target', subject: newEmail.toLowerCase() },
    ])
    if (wait !== null) return { ok: false, reason: 'wait', retryAfter: wait }
    await revokeLinks(account, transaction, PURPOSE, [user.id])
    const newLink = { purpose: PURPOSE, userId: user.id, details: { email: newEmail } } as const
    const { token, expiresAt } = await createLink(account, transaction, newLink)
    const link = new URL(`/account/email/confirm/${token}`, account.otp.baseUrl()).href
    const details = { to: newEmail, name: user.name, userId: user.id, language, link, expiresAt }
    await enqueue(account, transaction, 'send-mail', { mail: 'email-confirmation', ...details })
    await notifyUser(account.otp, transaction, user.id, {
      mail: 'email-change-requested',
      newEmail,
      at,
      address,
      browser,
    })
    await recordAuditEvent(database, transaction, { event: 'email_change_requested', at, userId: user.id, client })
    return { ok: true }
  })
}

/**
 * Changes the email address to the one that the link was sent to, and notifies the old one.
 *
 * @returns false if the link no longer works, or another user has the email address now
 */
export async function confirmEmailChange(
  account: AccountServices,
  token: string,
  client: ClientInfo,
): Promise<boolean> {
  const { database, clock } = account
  try {
    return await database.sequelize.transaction(async (transaction) => {
      const link = await redeemLink(account, transaction, PURPOSE, token)
      const newEmail = link?.details['email']
      if (!link || typeof newEmail !== 'string') return false
      const at = clock.now()
      const { address, browser } = client
      const { userId } = link
      // Before the change, so that it goes to the old email address.
      await notifyUser(account.otp, transaction, userId, { mail: 'email-changed', newEmail, at, address, browser })
      await runStatement(database, transaction, SET_EMAIL, { newEmail, userId })
      await recordAuditEvent(database, transaction, { event: 'email_changed', at, userId, client })
      return true
    })
  } catch (error) {
    if (isUniqueViolation(error)) return false
    throw error
  }
}

const LOCK_CURRENT_USER = 'select from users where id = $userId and auth_epoch = $epoch and is_active for update'

const SET_EMAIL = 'update users set email = $newEmail where id = $userId'
