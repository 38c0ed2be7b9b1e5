import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { wordKind } from '../embedding/tiny-kind/word-kind.js'
import { openTestDatabase } from '../support/database.js'
import { type TestUser, startTestSite, type TestSite } from '../support/site.js'
import { sentForms } from './sent-twice.table.js'

const kinds = [wordKind()]

/** What a token of any kind consumes: a column of its device, or a row. */
const TABLES = ['totp', 'hotp', 'phone', 'email', 'webauthn', 'static', 'word'].map((kind) => `${kind}_devices`)

/** A form with a token of each kind, at the sign-in, in a step-up and at the end of a setup. */
const titles = [
  'the code of an app',
  'the code of a hardware token',
  'a backup token',
  'the code by phone',
  'the code by email',
  'the answer of a security key',
  'the token of a custom kind',
  'the token of a step-up',
  'the token of a custom kind in a step-up',
  'the first code of an app',
  'the first answer of a security key',
  'the first code of a hardware token',
  'the first code by email',
  'the first code by phone',
  'the first token of a custom kind',
]

describe('a token whose session ends while it is verified', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    await migrate(database, kinds)
    site = await startTestSite(database, { BASE_URL: 'http://localhost:0', OTP_EMAIL: 'true' }, undefined, { kinds })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const sql = async (text: string, ...values: unknown[]) => (await database.pool.query(text, values)).rows

  const tokensOf = async ({ id }: TestUser) => ({
    devices: await Promise.all(TABLES.map((table) => sql(`select * from ${table} where user_id = $1`, id))),
    backup: await sql(
      'select t.id from static_tokens t join static_devices d on d.id = t.device_id where d.user_id = $1 order by t.id',
      id,
    ),
    failures: await sql('select token_failures, token_failed_at from users where id = $1', id),
    used: await sql(`select 1 from audit_events where user_id = $1 and event ~ '(signed_in|used|refused)'`, id),
  })

  /** Ends every session at the moment when a token is consumed. */
  async function whileSessionsEnd<T>(work: () => Promise<T>): Promise<T> {
    await sql(`create function late() returns trigger language plpgsql as $$
      begin delete from sessions; return coalesce(new, old); end $$`)
    for (const table of [...TABLES, 'static_tokens'])
      await sql(
        `create trigger late before insert or update or delete on ${table} for each row execute function late()`,
      )
    try {
      return await work()
    } finally {
      await sql('drop function late cascade')
    }
  }

  it.each(sentForms.filter(({ title }) => titles.includes(title)))('is not consumed: $title', async ({ ready }) => {
    const { browser, person, path, form = {} } = await ready(site)
    expect(Object.keys(form).filter((name) => ['otp_token', 'credential'].includes(name))).toHaveLength(1)
    const before = await tokensOf(person)
    const answer = await whileSessionsEnd(() => browser.post(path, form))
    expect(answer.location ?? answer.code).toMatch(/^login_expired$|^\/account\/login/)
    expect(await tokensOf(person)).toEqual(before)
    expect((await browser.get('/account/two-factor/backup-tokens')).status).toBe(302)
  })

  it('has a row for every title', () => {
    expect(sentForms.filter(({ title }) => titles.includes(title))).toHaveLength(titles.length)
  })
})
