import { QueryTypes, type Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { enqueue } from './enqueue.js'
import type { Notice } from './mails.js'
import { takeRequest } from './take-request.js'

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
 * user and hour, so that nobody can flood a user with them; the audit log contains every event.
 *
 * @example await notifyUser(account, transaction, user.id, { mail: 'password-changed', at, address, browser })
 */
export async function notifyUser(
  services: NotifyUserServices,
  transaction: Transaction,
  userId: number,
  notice: Notice,
): Promise<void> {
  const owner = await findRecipient(services.database, transaction, userId)
  if (!owner || !(await isWithinLimit(services, transaction, userId, notice))) return
  await enqueue(services, transaction, 'send-mail', {
    ...notice,
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
  const isAllowed = await isWithinLimit(services, transaction, userId ?? 0, notice)
  const link = new URL('/account/two-factor/sessions', services.baseUrl()).href
  const task = owner && isAllowed ? 'send-mail' : 'send-nothing'
  await enqueue(services, transaction, task, { ...notice, ...(owner ?? NOBODY), link })
}

/** Recipient of an email that is rendered but never sent. */
export const NOBODY = { to: 'nobody@invalid', name: 'Nobody', language: 'en' }

async function isWithinLimit(
  services: NotifyUserServices,
  transaction: Transaction,
  userId: number,
  { mail, at }: Notice,
): Promise<boolean> {
  const counted = [{ purpose: 'notice', subject: `${mail}:${userId}` }] as const
  return (await takeRequest(services, transaction, at, counted)) === null
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
