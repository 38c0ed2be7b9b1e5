import { base32 } from '@scure/base'
import type { Database } from '../../src/db/connect.js'
import type { Keyring } from '../../src/crypto/keyring.js'
import type { HttpBrowser } from '../support/http-browser.js'
import type { TestUser } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'

/** The same bytes in every form in which they could be written. */
export function encodings(bytes: Uint8Array): string[] {
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

/** Everything in the database that nobody is allowed to read. */
export async function secretsInDatabase(database: Database, keys: Keyring): Promise<string[]> {
  const { pool, models } = database
  const users = await models.User.findAll({ attributes: ['password_hash'], raw: true })
  const devices = await deviceModels(database).TotpDevice.findAll({ attributes: ['id', 'secret'], raw: true })
  const others = await pool.query<{ secret: string }>(OTHER_DEVICES)
  const tokens = await pool.query<{ token_hash: string }>('select token_hash from static_tokens')
  const sessions = await pool.query<{ sid: string }>('select sid from sessions')
  const jobs = await pool.query<{ payload: string }>('select payload::text from graphile_worker._private_jobs')
  return [
    ...users.flatMap(({ password_hash }) => [password_hash ?? '', password_hash?.split('$').at(-1) ?? '']),
    ...devices.flatMap(({ id, secret }) => [
      secret,
      ...encodings(keys.open(secret, { column: 'totp_devices.secret', id })),
    ]),
    ...others.rows.map(({ secret }) => secret),
    ...tokens.rows.map(({ token_hash }) => token_hash),
    ...sessions.rows.map(({ sid }) => sid),
    ...jobs.rows.map(({ payload }) => payload),
  ].filter((secret) => secret !== '')
}

/** What devices of the other kinds store: encrypted keys, hashes of codes, credentials. */
const OTHER_DEVICES = `
select secret from hotp_devices union select code_hash from phone_devices where code_hash is not null
union select code_hash from email_devices where code_hash is not null
union select unnest(array[credential_id, public_key, user_handle]) from webauthn_devices
union select token_hash from one_time_links
union select unnest(array[series_hash, token_hash]) from trusted_browsers`

/** What the users of the test know and the browsers store. */
export function secretsOfPeople(people: readonly TestUser[], browsers: readonly HttpBrowser[]): string[] {
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
    ...browsers.flatMap(({ cookies }) =>
      [...cookies.values()].flatMap((value) => [
        value,
        decodeURIComponent(value),
        // Series and token of a trusted browser.
        ...value.split(/[.~]/),
      ]),
    ),
  ]
}
