import { QueryTypes, type Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { enqueue } from './enqueue.js'
import type { Notice } from './mails.js'
import { takeNotice } from './take-request.js'

export interface NotifyUserServices {
  database: Database
  keys: Keyring
  /** Returns the public URL, for the link in the email. */
  baseUrl(): string
}

/**
 * Notifies a user by email of something that happened to their account, inside the transaction
 * of the change, so that neither is committed without the other. It also reads the name, email
 * address and language in that transaction. The number of notices of one kind is limited per
 * user and hour, so that nobody can flood a user with them. The first one beyond the limit
 * becomes an email about the limit itself, so that nobody can use it to hide what they do. The
 * audit log contains every event.
 *
 * @example await notifyUser(account.otp, transaction, user.id, { mail: 'password-changed', at, address, browser })
 */
export async function notifyUser(
  services: NotifyUserServices,
  transaction: Transaction,
  userId: number,
  notice: Notice,
): Promise<void> {
  const owner = await findRecipient(services.database, transaction, userId)
  const sent = owner && (await withinLimit(services, transaction, userId, notice))
  if (!sent) return
  await enqueue(services, transaction, 'send-mail', {
    ...sent,
    ...owner,
    link: new URL('/account/two-factor/sessions', services.baseUrl()).href,
  })
}

/** Recipient of an email, and its language. */
export interface Recipient {
  to: string
  name: string
  language: string
  userId: number
}

/**
 * Notifies a user whose account might not exist. If it does not, the same statements run and
 * the job does the same work without sending, so that response times do not reveal which
 * accounts exist.
 *
 * @param userId null: no account
 */
export async function notifyUserOrNobody(
  services: NotifyUserServices,
  transaction: Transaction,
  userId: number | null,
  notice: Notice,
): Promise<void> {
  const owner = await findRecipient(services.database, transaction, userId ?? 0)
  const sent = await withinLimit(services, transaction, userId ?? 0, notice)
  const link = new URL('/account/two-factor/sessions', services.baseUrl()).href
  const task = owner && sent ? 'send-mail' : 'send-nothing'
  await enqueue(services, transaction, task, { ...(sent ?? notice), ...(owner ?? NOBODY), link })
}

/** Recipient of an email that is rendered but never sent. */
export const NOBODY = { to: 'nobody@invalid', name: 'Nobody', language: 'en' }

/** @returns what to send: the notice, or the one about the limit; null if that was sent already */
async function withinLimit(
  services: NotifyUserServices,
  transaction: Transaction,
  userId: number,
  notice: Notice,
): Promise<Notice | null> {
  const { mail, at, address, browser } = notice
  const taken = await takeNotice(services, transaction, at, `${mail}:${userId}`)
  if (taken.allowed) return notice
  const own = !('by' in notice) || notice.by === 'owner'
  const pausedUntil = new Date(at.getTime() + taken.wait * 1000)
  return taken.first ? { mail: 'notices-paused', about: mail, own, pausedUntil, at, address, browser } : null
}

/** Reads the recipient for a user. @returns undefined if there is no such user */
export async function findRecipient(
  { sequelize }: Pick<Database, 'sequelize'>,
  transaction: Transaction,
  userId: number,
): Promise<Recipient | undefined> {
  const [owner] = await sequelize.query<Recipient>(
    `select email as to, name, coalesce(locale, browser_language, 'en') as language, id as "userId" from users where id = $userId`,
    { bind: { userId }, type: QueryTypes.SELECT, transaction },
  )
  return owner
}
