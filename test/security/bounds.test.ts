import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MAX_SESSIONS_PER_USER, purgeExpired } from '../../src/purge-expired.js'
import { KNOWN_BROWSERS } from '../../src/auth/known-browser.js'
import { FORMS_OF_A_PERSON } from '../../src/auth/session/pending-request.js'
import { TRUSTED_BROWSERS } from '../../src/auth/trusted-browser/trust-browser.js'
import type { Database } from '../../src/db/connect.js'
import { createChallenge } from '../../src/otp/challenges/browser-challenges.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { BOUNDS } from './bounds.table.js'

const login = '/account/login'
const REPEATS = 5
const passwordOnly = { app: false, staff: false }

describe.each(databaseKinds())('what people can store, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    site = await startTestSite(database, {
      TRUST_BROWSER_DAYS: '7',
      OTP_PASSKEY_LOGIN: 'true',
      BASE_URL: 'http://localhost:0',
    })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })
  const sweepNow = () => purgeExpired({ otp: site.otp, database, clock: site.clock })
  const rowsOf = async (sql: string, values: readonly unknown[] = []) =>
    (await database.pool.query(sql, [...values])).rows
  const password = ({ email, password: own }: TestUser, browser: HttpBrowser = site.browser()) =>
    browser.post(login, { username: email, password: own }).then((answer) => ({ answer, browser }))

  it('has a bound in every table of the schema', async () => {
    const tables = await rowsOf("select tablename as name from pg_tables where schemaname = 'public'")
    expect(new Set(tables.map(({ name }) => name))).toEqual(new Set(Object.keys(BOUNDS)))
  })

  describe('once it has expired', () => {
    let person: TestUser
    beforeEach(async () => {
      person = await createTestUser(site)
    })
    const swept = Object.entries(BOUNDS).flatMap(([table, { swept: rows }]) => (rows ? [{ table, ...rows }] : []))

    it.each(swept)('sweeps $table, and nothing that is still used', async ({ table, row, column, ...ages }) => {
      const add = async (age: number) => {
        const at = site.clock.now().getTime() + age * 1000
        const unique = randomUUID()
        const values = Object.entries({ ...row, [column]: column === 'expire' ? at : new Date(at) }).map(
          ([name, value]) => [name, name === 'user_id' ? person.id : stored(value, unique)] as const,
        )
        const names = values.map(([name]) => name)
        const places = names.map((_, index) => `$${index + 1}`)
        await database.pool.query(
          `insert into ${table} (${names.join(', ')}) values (${places.join(', ')})`,
          values.map(([, value]) => value),
        )
      }
      await database.pool.query(`delete from ${table}`)
      await add(ages.past)
      await add(ages.present)
      await sweepNow()
      const left = await rowsOf(`select ${column} as at from ${table}`)
      const kept = site.clock.now().getTime() + ages.present * 1000
      expect(left.map(({ at }) => (at instanceof Date ? at.getTime() : Number(at)))).toEqual([kept])
    })
  })

  describe('the known browsers of a user', () => {
    const browsersOf = ({ id }: TestUser) =>
      rowsOf('select token_hash, verified_at from known_browsers where user_id = $1 order by id', [id])
    /** This many sign-ins without a cookie, each a minute after the one before. */
    const fill = ({ id }: TestUser, count: number, verified: boolean) =>
      database.pool.query(
        `insert into known_browsers (user_id, token_hash, seen_at, verified_at)
        select $1, gen_random_uuid()::text, $2::timestamptz - n * interval '1 minute', case when $4 then $2::timestamptz end
        from generate_series(1, $3::int) n`,
        [id, site.clock.now(), count, verified],
      )

    it('are 50 at most, after any number of sign-ins without a cookie', async () => {
      const person = await createTestUser(site, passwordOnly)
      const other = await createTestUser(site, passwordOnly)
      await password(other)
      await fill(person, KNOWN_BROWSERS + 20, false)
      for (let count = 0; count < REPEATS; count += 1) await password(person)
      const rows = await browsersOf(person)
      expect(rows).toHaveLength(KNOWN_BROWSERS)
      expect(await browsersOf(other)).toHaveLength(1)
    })

    it('include those in which a token was entered before those with the password alone', async () => {
      const person = await createTestUser(site, passwordOnly)
      await fill(person, 1, true)
      await fill(person, KNOWN_BROWSERS, false)
      site.clock.advance(3600)
      for (let count = 0; count < REPEATS; count += 1) await password(person)
      const rows = await browsersOf(person)
      expect(rows).toHaveLength(KNOWN_BROWSERS)
      expect(rows.filter(({ verified_at: at }) => at !== null)).toHaveLength(1)
    })

    it('include the newest even if a token was entered in all others', async () => {
      const person = await createTestUser(site)
      await fill(person, KNOWN_BROWSERS, true)
      const browser = await signIn(site, person)
      const [newest] = (await browsersOf(person)).slice(-1)
      expect(newest.verified_at).not.toBeNull()
      await browser.post('/account/logout')
      const before = await browsersOf(person)
      await password(person, browser)
      expect(await browsersOf(person)).toEqual(before)
    })

    it('include the last one of a user, so that the next browser is still new', async () => {
      const person = await createTestUser(site, passwordOnly)
      await password(person)
      await database.pool.query(
        "update known_browsers set seen_at = seen_at - interval '401 days' where user_id = $1",
        [person.id],
      )
      await sweepNow()
      expect(await browsersOf(person)).toHaveLength(1)
      const jobs = async () => (await rowsOf('select count(*)::int as count from graphile_worker.jobs'))[0].count
      const before = await jobs()
      await password(person)
      expect(await jobs()).toBe(before + 1)
      expect(await browsersOf(person)).toHaveLength(1)
    })
  })

  it('stores at most 20 forms of a user that wait for a step-up, in any number of sessions', async () => {
    const person = await createTestUser(site)
    await database.pool.query(
      `insert into kept_requests (id, user_id, sealed, expires_at)
      select gen_random_uuid(), $1, 'x', $2::timestamptz + n * interval '1 second' from generate_series(1, 30) n`,
      [person.id, site.clock.now()],
    )
    const browser = await signIn(site, person)
    site.clock.advance(301)
    await database.pool.query(`update kept_requests set expires_at = expires_at + interval '340 seconds'`)
    const form = { password: person.password, new_password: 'quite another passphrase' }
    expect((await browser.post('/account/password/change', form)).location).toMatch(/^\/account\/verify/)
    const kept = await rowsOf('select sealed from kept_requests where user_id = $1', [person.id])
    expect(kept).toHaveLength(FORMS_OF_A_PERSON)
    expect(kept.filter(({ sealed }) => sealed !== 'x')).toHaveLength(1)
  })

  it('stores at most 50 trusted browsers of a user, and the newest is trusted', async () => {
    const person = await createTestUser(site)
    await database.pool.query(
      `insert into trusted_browsers (user_id, device, series_hash, token_hash, rotated_at, created_at, expires_at)
      select $1, 'totp/1', gen_random_uuid()::text, 'x', $2, $2, $2::timestamptz + interval '1 day' from generate_series(1, 60) n`,
      [person.id, site.clock.now()],
    )
    site.clock.advance(30)
    const { browser } = await password(person)
    await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
    const rows = await rowsOf('select id from trusted_browsers where user_id = $1', [person.id])
    expect(rows).toHaveLength(TRUSTED_BROWSERS)
    await browser.post('/account/logout')
    expect((await password(person, browser)).answer.location).toBe('/admin')
  })

  describe('the sessions of a user', () => {
    const sessionsOf = ({ id }: TestUser) =>
      rowsOf(
        `select sid, sess ->> 'userId' is null as waiting from sessions
        where coalesce(sess ->> 'userId', sess -> 'pending' ->> 'userId') = $1::text`,
        [id],
      )
    /** Copies the newest session of a user this many times, each a second older. */
    const copy = ({ id }: TestUser, count: number) =>
      database.pool.query(
        `insert into sessions (sid, sess, expire)
        select gen_random_uuid()::text, sess, expire - n * interval '1 second' from sessions, generate_series(1, $2::int) n
        where coalesce(sess ->> 'userId', sess -> 'pending' ->> 'userId') = $1::text`,
        [id, count],
      )

    it('are 100 at most that wait for a token, and the newest can continue', async () => {
      const person = await createTestUser(site)
      const { browser } = await password(person)
      await copy(person, MAX_SESSIONS_PER_USER + 20)
      await sweepNow()
      expect(await sessionsOf(person)).toHaveLength(MAX_SESSIONS_PER_USER)
      site.clock.advance(30)
      expect(await browser.post(login, { otp_token: person.code() })).toMatchObject({ status: 303 })
    })

    it('are not ended if verified, for those that wait for a token', async () => {
      const person = await createTestUser(site)
      const other = await createTestUser(site)
      const elsewhere = await signIn(site, other)
      const verified = await signIn(site, person)
      site.clock.advance(60)
      const eve = await password(person)
      await database.pool.query(
        `insert into sessions (sid, sess, expire) select gen_random_uuid()::text, sess, expire
        from sessions, generate_series(1, 150) where sess -> 'pending' ->> 'userId' = $1::text`,
        [person.id],
      )
      expect(eve.answer.status).toBe(303)
      await sweepNow()
      expect((await sessionsOf(person)).filter(({ waiting }) => waiting)).toHaveLength(MAX_SESSIONS_PER_USER)
      for (const browser of [verified, elsewhere]) expect((await browser.get('/account/two-factor')).status).toBe(200)
    })

    it('are the 100 verified ones that were used last', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      await copy(person, MAX_SESSIONS_PER_USER + 20)
      await sweepNow()
      expect(await sessionsOf(person)).toHaveLength(MAX_SESSIONS_PER_USER)
      expect((await browser.get('/account/two-factor')).status).toBe(200)
    })
  })

  it('stores at most 100 challenges of a user for a security key', async () => {
    const person = await createTestUser(site)
    const ask = () => createChallenge(site.otp, 'verify', { userId: person.id })
    for (let count = 0; count < 105; count += 1) await ask()
    const { id } = await ask()
    const rows = await rowsOf('select id::text from webauthn_challenges where user_id = $1', [person.id])
    expect(rows).toHaveLength(100)
    expect(rows.map((row) => row.id)).toContain(id)
  })
})

describe('what one IP address can store without a session', () => {
  const LIMIT = 5
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, {
      LOGIN_ADDRESS_LIMIT: String(LIMIT),
      OTP_PASSKEY_LOGIN: 'true',
      BASE_URL: 'http://localhost:0',
    })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const formId = (number: number) => String(number).padStart(22, '0')
  const paths = [
    {
      name: 'passwords for logins that nobody has',
      send: (number: number) =>
        site.browser().post(login, { username: `nobody${number}@x.test`, password: 'x', form_id: formId(number) }),
    },
    {
      name: 'the same with a forged cookie of a known browser',
      send: (number: number) => {
        const browser = site.browser()
        browser.cookies.set('otp_browser', 'x'.repeat(43))
        return browser.post(login, { username: `nobody${number}@x.test`, password: 'x', form_id: formId(number) })
      },
    },
    {
      name: 'requests for a new password',
      send: (number: number) =>
        site
          .browser()
          .post('/account/password/forgot', { username: `nobody${number}@x.test`, form_id: formId(number) }),
    },
    { name: 'challenges for a passkey', send: () => site.browser().post(`${login}/passkey/options`) },
    {
      name: 'links that nobody has',
      send: (number: number) =>
        site.browser().post(`/account/password/reset/${String(number).padStart(43, 'x')}`, { password: 'x' }),
    },
    {
      name: 'forged session cookies',
      send: (number: number) => {
        const browser = site.browser()
        browser.cookies.set('otp_session', `s%3A${number}.forged`)
        return browser.post('/account/logout', { n: String(number) })
      },
    },
  ]
  const tables = Object.keys(BOUNDS).filter((table) => table !== 'audit_events')
  const count = async () => {
    const sql = tables.map((table) => `select '${table}' as name, count(*)::int as count from ${table}`)
    const { rows } = await database.pool.query<{ name: string; count: number }>(sql.join(' union all '))
    return Object.fromEntries(rows.map((row) => [row.name, row.count]))
  }

  it.each(paths)('is limited in every table: $name', async ({ send }) => {
    await database.pool.query('delete from rate_limits')
    const before = await count()
    for (let number = 0; number < 4 * LIMIT; number += 1) await send(number)
    const after = await count()
    // A counter for the IP address, and one for each attempt that it was allowed.
    expect(tables.filter((table) => (after[table] ?? 0) - (before[table] ?? 0) > LIMIT + 1)).toEqual([])
  })
})

function stored(value: unknown, unique: string): unknown {
  return value === 'unique' || value === 'uuid' ? unique : value
}
