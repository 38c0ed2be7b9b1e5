import { QueryTypes, type Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { enqueue } from './enqueue.js'
import type { Notice } from './mails.js'

export interface TellServices {
  database: Database
  keys: Keyring
  /** Public address, for the link in the mail. */
  baseUrl(): string
}

/**
 * Tells somebody by mail what happened to the account, inside the transaction of what
 * happened: neither stands without the other. Name, address and language are read there.
 *
 * @param options.to another address than the account's own, for example the one before a change
 * @example await tellUser(account, transaction, user.id, { mail: 'password-changed', by: 'owner', at, address, browser })
 */
export async function tellUser(
  services: TellServices,
  transaction: Transaction,
  userId: number,
  notice: Notice,
  options: { to?: string } = {},
): Promise<void> {
  const [owner] = await services.database.sequelize.query<{ email: string; name: string; locale: string | null }>(
    'select email, name, coalesce(locale, browser_language) as locale from users where id = $userId',
    { bind: { userId }, type: QueryTypes.SELECT, transaction },
  )
  if (!owner) return
  await enqueue(services, transaction, 'send-mail', {
    ...notice,
    to: options.to ?? owner.email,
    name: owner.name,
    language: owner.locale ?? 'en',
    link: new URL('/account/two-factor/sessions', services.baseUrl()).href,
  })
}
