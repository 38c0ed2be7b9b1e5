import { recordEventOrNothing } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { enqueue } from '../../notify/enqueue.js'
import { NOBODY } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import { emailCandidates } from '../../typed-text/read-email.js'
import type { AccountServices } from '../account-services.js'
import { createLink } from '../../auth/links/one-time-link.js'
import { ownerSql } from './reset-owner.js'

interface Requester {
  id: number
  email: string
  name: string
  locale: string | null
}

/**
 * Sends an active user a link for setting a new password. For an unknown email address the same
 * statements run without writing a link or an event, and a job creates an email that is not sent.
 *
 * @param language of the request, for users who have not chosen one
 */
export async function requestReset(
  account: AccountServices,
  typed: string,
  language: string,
  client: ClientInfo,
): Promise<void> {
  const { database, clock } = account
  const emails = emailCandidates(typed)
  await database.sequelize.transaction(async (transaction) => {
    const [user] = await runStatement<Requester>(database, transaction, REQUESTER, { emails })
    const userId = user?.id ?? 0
    const to = user ? { to: user.email, userId, name: user.name, language: user.locale ?? language } : NOBODY
    const { token, expiresAt } = await createLink(account, transaction, { purpose: 'password-reset', userId })
    const event = 'password_reset_requested'
    await recordEventOrNothing(database, transaction, { event, at: clock.now(), userId, client })
    await enqueue(account, transaction, user ? 'send-mail' : 'send-nothing', {
      mail: 'password-reset',
      ...to,
      link: new URL(`/account/password/reset/${token}`, account.otp.baseUrl()).href,
      expiresAt,
    })
  })
}

// Locked, so that the email address is still theirs when the link is created.
const REQUESTER = `${ownerSql('id, email, name, locale')} for update`
