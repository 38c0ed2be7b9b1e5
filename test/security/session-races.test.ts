import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { appCode } from '../support/authenticator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { postgresUrl } from '../support/postgres-database.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { openTestDatabase } from '../support/database.js'

let database: Database
/** The state of two processes over one database. */
let site: TestSite
let twin: TestSite

beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database)
  twin = await startTestSite(database)
})
afterAll(async () => {
  await Promise.all([site.close(), twin.close()])
  await database.close()
})

const login = '/account/login'
const sql = (text: string, ...values: unknown[]) => database.pool.query(text, values)

/** The same browser at the other process. */
function atTwin(browser: HttpBrowser): HttpBrowser {
  const same = twin.browser()
  for (const [name, value] of browser.cookies) same.cookies.set(name, value)
  return same
}

function sameCookies(browser: HttpBrowser): HttpBrowser {
  const same = site.browser()
  for (const [name, value] of browser.cookies) same.cookies.set(name, value)
  return same
}

const statuses = async (browsers: HttpBrowser[]) =>
  (await Promise.all(browsers.map((browser) => browser.get('/admin')))).map(({ status }) => status)

describe('ten concurrent requests', () => {
  const verified = async (browsers: HttpBrowser[]) =>
    (await statuses(browsers)).filter((status) => status === 200).length
  const ten = <T>(make: (index: number) => T): T[] => Array.from({ length: 10 }, (_, index) => make(index))

  it.each(['app', 'backup'] as const)('sign in once in one form with one token of the %s', async (kind) => {
    const person = await createTestUser(site, { backupTokens: 1 })
    const form = {
      username: person.email,
      password: person.password,
      otp_token: kind === 'app' ? person.code() : (person.backupTokens[0] ?? ''),
    }
    const browsers = ten((index) => (index % 2 ? site : twin).browser())
    twin.clock.set(site.clock.now())
    const answers = await Promise.all(browsers.map((browser) => browser.post(login, form)))
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 422 || status === 429)).toHaveLength(9)
    expect(await verified(browsers)).toBe(1)
  })

  it('sign in once with one token in ten half-open sessions', async () => {
    const person = await createTestUser(site)
    twin.clock.set(site.clock.now())
    const browsers = ten((index) => (index % 2 ? site : twin).browser())
    for (const browser of browsers) await browser.post(login, { username: person.email, password: person.password })
    await Promise.all(browsers.map((browser) => browser.post(login, { otp_token: person.code() })))
    expect(await verified(browsers)).toBe(1)
  })

  it.each(['the same token', 'ten tokens'])(
    'submit %s in one half-open session, whose ID is not accepted afterwards',
    async (what) => {
      const person = await createTestUser(site, { backupTokens: 10 })
      const first = site.browser()
      await first.post(login, { username: person.email, password: person.password })
      const pending = first.cookies.get('otp_session') ?? ''
      const browsers = ten((index) => (index % 2 ? atTwin(first) : sameCookies(first)))
      twin.clock.set(site.clock.now())
      await Promise.all(
        browsers.map((browser, index) =>
          browser.post(login, {
            otp_token: what === 'ten tokens' ? (person.backupTokens[index] ?? '') : person.code(),
          }),
        ),
      )
      // The same form submitted twice counts once: both browsers get the same session.
      expect(await verified(browsers)).toBe(what === 'ten tokens' ? 1 : 10)
      const sessions = await sql("select 1 from sessions where sess ->> 'userId' = $1", String(person.id))
      expect(sessions.rowCount).toBe(1)
      const thief = site.browser()
      thief.cookies.set('otp_session', pending)
      expect((await thief.get(login)).text).toContain('name="password"')
    },
  )
})

describe('a token opens a session or is not consumed', () => {
  const tokensOf = async (id: number) =>
    (await sql('select 1 from static_tokens t join static_devices d on d.id = t.device_id where d.user_id = $1', id))
      .rowCount
  const eventsOf = async (id: number, event: string) =>
    (await sql('select 1 from audit_events where user_id = $1 and event = $2', id, event)).rowCount

  it('consumes one of five concurrent backup tokens in one half-open session', async () => {
    const person = await createTestUser(site, { backupTokens: 10 })
    const first = site.browser()
    await first.post(login, { username: person.email, password: person.password })
    twin.clock.set(site.clock.now())
    const posts = person.backupTokens.slice(0, 5).map((otp_token, index) => {
      const browser = index % 2 ? atTwin(first) : sameCookies(first)
      return browser.post(login, { otp_device: person.backup?.persistentId ?? '', otp_token })
    })
    const answers = await Promise.all(posts)
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.filter(({ status, code }) => status === 422 && code === 'login_expired')).toHaveLength(4)
    expect(await tokensOf(person.id)).toBe(9)
    expect(await eventsOf(person.id, 'backup_token_used')).toBe(1)
    expect(await eventsOf(person.id, 'token_refused')).toBe(0)
  })

  it('consumes one of five concurrent backup tokens in one step-up', async () => {
    const person = await createTestUser(site, { backupTokens: 10 })
    const first = await signIn(site, person)
    site.clock.advance(301)
    twin.clock.set(site.clock.now())
    const posts = person.backupTokens.slice(0, 5).map((otp_token, index) => {
      const browser = index % 2 ? atTwin(first) : sameCookies(first)
      return browser.post('/account/verify', {
        otp_device: person.backup?.persistentId ?? '',
        otp_token,
        next: '/admin',
      })
    })
    const answers = await Promise.all(posts)
    expect(answers.filter(({ location }) => location === '/admin')).toHaveLength(1)
    expect(await tokensOf(person.id)).toBe(9)
  })

  it('does not confirm a device once the session has ended', async () => {
    const person = await createTestUser(site, { app: false, staff: false })
    const browser = await signIn(site, person)
    const setup = '/account/two-factor/setup'
    await browser.post(setup, { method: 'totp' })
    const shown = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec((await browser.get(setup)).text)?.[1] ?? ''
    await sql(
      'create function late() returns trigger language plpgsql as $$ begin delete from sessions; return new; end $$',
    )
    await sql('create trigger late before update of confirmed on totp_devices for each row execute function late()')
    try {
      const late = await browser.post(setup, { otp_token: appCode(shown, site.clock.now()) })
      expect(late).toMatchObject({ status: 303, location: '/account/login' })
    } finally {
      await sql('drop function late cascade')
    }
    const { rows } = await sql('select confirmed from totp_devices where user_id = $1', person.id)
    expect(rows).toEqual([{ confirmed: false }])
  })
})

it('signs nobody in after an error while the half-open session is exchanged for the real one', async () => {
  const person = await createTestUser(site, { backupTokens: 1 })
  const browser = site.browser()
  await browser.post(login, { username: person.email, password: person.password })
  await sql("create function keep() returns trigger language plpgsql as $$ begin raise 'kept'; end $$")
  await sql('create trigger kept before delete on sessions for each row execute function keep()')
  try {
    expect((await browser.post(login, { otp_token: person.code() })).status).toBe(500)
  } finally {
    await sql('drop function keep cascade')
  }
  expect((await sql("select 1 from sessions where (sess ->> 'userId')::int = $1", person.id)).rowCount).toBe(0)
  expect(await statuses([browser])).toEqual([302])
})

/** The embedded database runs transactions one by one, so no request can wait for a lock there. */
describe.skipIf(!postgresUrl())('a session that ends while a request waits', () => {
  /** Waits until a request of a user waits for the lock. */
  async function waiting(): Promise<void> {
    const query = "select 1 from pg_locks where not granted and relation = 'totp_devices'::regclass"
    while ((await sql(query)).rowCount === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  it('does not come back when a slow request ends after the sign-out', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const rows = async () =>
      (await sql("select 1 from sessions where (sess ->> 'userId')::int = $1", person.id)).rowCount ?? 0
    expect(await rows()).toBe(1)
    // The slow request has its session loaded when the device is removed, so it has a change to save at its end.
    await sql('update totp_devices set confirmed = false where id = $1', person.app?.id)
    const blocker = await database.pool.connect()
    try {
      await blocker.query('begin')
      await blocker.query('lock table totp_devices in access exclusive mode')
      const slow = atTwin(browser).get('/account/two-factor')
      await waiting()
      await sql('delete from sessions where (sess ->> $2)::int = $1', person.id, 'userId')
      await blocker.query('commit')
      await slow
    } finally {
      blocker.release()
    }
    expect(await rows()).toBe(0)
  })

  it('signs nobody in after a sign-out while a token is verified', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const other = sameCookies(browser)
    const blocker = await database.pool.connect()
    try {
      await blocker.query('begin')
      await blocker.query('lock table totp_devices in exclusive mode')
      const judged = browser.post(login, { otp_device: person.app?.persistentId ?? '', otp_token: person.code() })
      await waiting()
      expect((await other.post('/account/logout')).status).toBe(303)
      await blocker.query('commit')
      expect(await judged).toMatchObject({ status: 422, code: 'login_expired' })
    } finally {
      blocker.release()
    }
    expect(await statuses([browser, other])).toEqual([302, 302])
  })
})
