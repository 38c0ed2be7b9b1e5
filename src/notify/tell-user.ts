import { QueryTypes, type Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { enqueue } from './enqueue.js'
import type { Notice } from './mails.js'
import { takeRequest } from './take-request.js'

export interface TellServices {
  database: Database
  keys: Keyring
  /** Public address, for the link in the mail. */
  baseUrl(): string
}

/**
 * Tells somebody by mail what happened to the account, inside the transaction of what
 * happened: neither stands without the other. Name, address and language are read there. Of
 * one kind of notice a person gets so many an hour, so that nobody can bury another one under
 * them; the audit trail has each.
 *
 * @example await tellUser(account, transaction, user.id, { mail: 'password-changed', at, address, browser })
 */
export async function tellUser(
  services: TellServices,
  transaction: Transaction,
  userId: number,
  notice: Notice,
): Promise<void> {
  const owner = await recipientOf(services.database, transaction, userId)
  if (!owner || !(await hasRoom(services, transaction, userId, notice))) return
  await enqueue(services, transaction, 'send-mail', {
    ...notice,
    ...owner,
    link: new URL('/account/two-factor/sessions', services.baseUrl()).href,
  })
}

/** Whom a mail goes to, and in which language. */
export interface Recipient {
  to: string
  name: string
  language: string
  userId: number
}

/**
 * The same about an account that may not exist. Then the same statements run, and the job does
 * the same but for sending, so that neither the work nor its time tells who has an account.
 *
 * @param userId null: nobody
 */
export async function tellUserOrNobody(
  services: TellServices,
  transaction: Transaction,
  userId: number | null,
  notice: Notice,
): Promise<void> {
  const owner = await recipientOf(services.database, transaction, userId ?? 0)
  const isTold = await hasRoom(services, transaction, userId ?? 0, notice)
  const link = new URL('/account/two-factor/sessions', services.baseUrl()).href
  const task = owner && isTold ? 'send-mail' : 'send-nothing'
  await enqueue(services, transaction, task, { ...notice, ...(owner ?? NOBODY), link })
}

/** Stands where a mail to nobody is made all the same. */
export const NOBODY = { to: 'nobody@invalid', name: 'Nobody', language: 'en' }

async function hasRoom(
  services: TellServices,
  transaction: Transaction,
  userId: number,
  { mail, at }: Notice,
): Promise<boolean> {
  const counted = [{ purpose: 'notice', subject: `${mail}:${userId}` }] as const
  return (await takeRequest(services, transaction, at, counted)) === null
}

/** Where a mail to somebody goes, and in which language. Undefined: there is no such user. */
export async function recipientOf(
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
