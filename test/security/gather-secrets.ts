import { base32 } from '@scure/base'
import type { Database } from '../../src/db/connect.js'
import type { Keyring } from '../../src/crypto/keyring.js'
import type { Browser } from '../support/browse.js'
import type { Person } from '../support/site.js'

/** The same bytes as anybody might have written them out. */
export function spellings(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes)
  const encoded = base32.encode(bytes)
  return [
    buffer.toString('latin1'),
    buffer.toString('hex'),
    buffer.toString('hex').toUpperCase(),
    buffer.toString('base64').replaceAll('=', ''),
    buffer.toString('base64url'),
    encoded.replaceAll('=', ''),
    encoded.replaceAll('=', '').toLowerCase(),
    encoded.replace(/(.{4})/g, '$1 ').trim(),
    [...buffer].join(','),
  ]
}

/** Everything in the database that nobody may read. */
export async function secretsInDatabase({ pool, models }: Database, keys: Keyring): Promise<string[]> {
  const users = await models.User.findAll({ attributes: ['password_hash'], raw: true })
  const devices = await models.TotpDevice.findAll({ attributes: ['id', 'secret'], raw: true })
  const tokens = await pool.query<{ token_hash: string }>('select token_hash from static_tokens')
  const sessions = await pool.query<{ sid: string }>('select sid from sessions')
  const jobs = await pool.query<{ payload: string }>('select payload::text from graphile_worker._private_jobs')
  return [
    ...users.flatMap(({ password_hash }) => [password_hash ?? '', password_hash?.split('$').at(-1) ?? '']),
    ...devices.flatMap(({ id, secret }) => [
      secret,
      ...spellings(keys.open(secret, { column: 'totp_devices.secret', id })),
    ]),
    ...tokens.rows.map(({ token_hash }) => token_hash),
    ...sessions.rows.map(({ sid }) => sid),
    ...jobs.rows.map(({ payload }) => payload),
  ].filter((secret) => secret !== '')
}

/** What the people of the test know and the browsers hold. */
export function secretsOfPeople(people: readonly Person[], browsers: readonly Browser[]): string[] {
  return [
    ...people.flatMap(({ password, backupTokens }) => [
      password,
      ...backupTokens.flatMap((token) => [
        token,
        token.toLowerCase(),
        token.replace(/(.{4})(?=.)/g, '$1-'),
        token.replace(/(.{4})(?=.)/g, '$1 '),
      ]),
    ]),
    ...browsers.flatMap(({ cookies }) => [...cookies.values()].flatMap((value) => [value, decodeURIComponent(value)])),
  ]
}
