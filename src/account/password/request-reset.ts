import { recordEvent } from '../../audit.js'
import { runStatement } from '../../db/run-statement.js'
import { enqueue } from '../../notify/enqueue.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'
import { createLink } from '../one-time-link.js'
import { emailCandidates } from '../../typed-text/read-email.js'

interface Requester {
  id: number
  email: string
  name: string
  locale: string | null
}

/**
 * Sends an active user a link to a new password. For an address that nobody has it does
 * nothing, so nobody is to wait for its end.
 *
 * @param language of the request, where the user has chosen none
 */
export async function requestReset(account: Account, typed: string, language: string, origin: Origin): Promise<void> {
  const { database, clock } = account
  const [user] = await runStatement<Requester>(database, undefined, REQUESTER, { emails: emailCandidates(typed) })
  if (!user) return
  await database.sequelize.transaction(async (transaction) => {
    const { token, expiresAt } = await createLink(account, transaction, { purpose: 'password-reset', userId: user.id })
    const event = 'password_reset_requested'
    await recordEvent(database, transaction, { event, at: clock.now(), userId: user.id, origin })
    await enqueue(account, transaction, 'send-mail', {
      mail: 'password-reset',
      to: user.email,
      userId: user.id,
      name: user.name,
      language: user.locale ?? language,
      link: new URL(`/account/password/reset/${token}`, account.baseUrl()).href,
      expiresAt,
    })
  })
}

const REQUESTER =
  'select id, email, name, locale from users where lower(email) = any($emails) and is_active order by array_position($emails, lower(email)) limit 1'
