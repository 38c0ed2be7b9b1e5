import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { addStaticToken } from '../../src/otp/add-static-token.js'
import type { Answer, Browser } from '../support/browse.js'
import { postgresUrl } from '../support/postgres.js'
import { createPerson, type Person, signIn, startTestSite, type TestSite } from '../support/site.js'
import { openDatabase } from './open-site.js'

let database: Database
/** Two processes' worth of state over one database. */
let site: TestSite
let twin: TestSite
let superuser: Browser

beforeAll(async () => {
  database = await openDatabase()
  site = await startTestSite(database)
  twin = await startTestSite(database)
  superuser = await signIn(site, await createPerson(site, { superuser: true }))
})
afterAll(async () => {
  await Promise.all([site.close(), twin.close()])
  await database.close()
})

const login = '/account/login'
const api = '/admin/api/resources'
const sql = (text: string, ...values: unknown[]) => database.pool.query(text, values)

/** The same browser at the other process. */
function atTwin(browser: Browser): Browser {
  const same = twin.browser()
  for (const [name, value] of browser.cookies) same.cookies.set(name, value)
  return same
}

/** Two sessions of one person, each as both processes see it, all of them used a moment ago. */
async function sessionsOf(person: Person): Promise<Browser[]> {
  const [one, two] = [await signIn(site, person), await signIn(site, person)]
  const all = [one, atTwin(one), two, atTwin(two)]
  expect(await statuses(all)).toEqual([200, 200, 200, 200])
  return all
}

const statuses = async (browsers: Browser[], path = '/admin') =>
  (await Promise.all(browsers.map((browser) => browser.get(path)))).map(({ status }) => status)

const codes = async (browsers: Browser[]) =>
  (await Promise.all(browsers.map((browser) => browser.get(`${api}/users/actions/list`)))).map(({ code }) => code)

/** Until a request of somebody waits for the lock. */
async function waiting(): Promise<void> {
  const query = "select 1 from pg_locks where not granted and relation = 'totp_devices'::regclass"
  while ((await sql(query)).rowCount === 0) await new Promise((resolve) => setImmediate(resolve))
}

/** The embedded database takes turns by transaction, so nobody can be held at a lock there. */
const onPostgres = it.skipIf(!postgresUrl())

const four = <T>(value: T): T[] => [value, value, value, value]

describe('the next request of every session obeys, in every process, when', () => {
  /** Afterwards the API names this of all the person's sessions. */
  const changes: [string, string, (person: Person) => Promise<unknown>][] = [
    [
      'the user is deactivated in SQL',
      'not_authenticated',
      ({ id }) => sql('update users set is_active = false where id = $1', id),
    ],
    [
      'the user is deactivated in the panel',
      'not_authenticated',
      ({ id }) => ok(superuser.post(`${api}/users/records/${id}/edit`, { is_active: 'false' })),
    ],
    ['the user is deleted', 'not_authenticated', ({ id }) => sql('delete from users where id = $1', id)],
    [
      'the epoch moves on',
      'not_authenticated',
      ({ id }) => sql('update users set auth_epoch = auth_epoch + 1 where id = $1', id),
    ],
    ['is_staff is cleared in SQL', 'not_staff', ({ id }) => sql('update users set is_staff = false where id = $1', id)],
    [
      'is_staff is cleared in the panel',
      'not_authenticated',
      ({ id }) => ok(superuser.post(`${api}/users/records/${id}/edit`, { is_staff: 'false' })),
    ],
    [
      'the device is deleted in SQL',
      'not_verified',
      ({ app }) => sql('delete from totp_devices where id = $1', app?.id),
    ],
    [
      'the device is switched off in SQL',
      'not_verified',
      ({ app }) => sql('update totp_devices set confirmed = false where id = $1', app?.id),
    ],
    [
      'the device is given to somebody else',
      'not_verified',
      async ({ app }) =>
        sql('update totp_devices set user_id = $1 where id = $2', (await createPerson(site)).id, app?.id),
    ],
    [
      'the device is deleted in the panel',
      'not_authenticated',
      ({ app }) => ok(superuser.post(`${api}/totp_devices/records/${app?.id}/delete`)),
    ],
    [
      'the device is switched off in the panel',
      'not_authenticated',
      ({ app }) => ok(superuser.post(`${api}/totp_devices/records/${app?.id}/edit`, { confirmed: 'false' })),
    ],
    [
      'all devices are deleted at once in the panel',
      'not_authenticated',
      ({ app }) => ok(superuser.post(`${api}/totp_devices/bulk/bulkDelete?recordIds=${app?.id}`)),
    ],
  ]

  async function ok(answer: Promise<Answer>): Promise<void> {
    expect((await answer).status).toBe(200)
  }

  it.each(changes)('%s', async (_name, code, change) => {
    const person = await createPerson(site)
    const all = await sessionsOf(person)
    await change(person)
    expect(await codes(all)).toEqual(four(code))
    expect(await statuses(all)).toEqual(four(code === 'not_staff' ? 403 : 302))
    expect((await superuser.get('/admin')).status).toBe(200)
  })

  it('the person ends all sessions from one of them', async () => {
    const person = await createPerson(site)
    const all = await sessionsOf(person)
    expect((await all[0]?.post('/account/two-factor/sessions'))?.status).toBe(303)
    expect(await codes(all)).toEqual(four('not_authenticated'))
    await signIn(site, person)
  })

  it('a superuser becomes one no more: he loses what only superusers may do', async () => {
    const boss = await createPerson(site, { superuser: true })
    const other = await createPerson(site, { superuser: true })
    const browser = await signIn(site, boss)
    await sql('update users set is_superuser = false where id = $1', boss.id)
    const answer = await atTwin(browser).post(`${api}/users/records/${other.id}/edit`, { name: 'x' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
  })

  it('what ended verification is undone: it stays ended', async () => {
    const person = await createPerson(site)
    const all = await sessionsOf(person)
    await sql('update totp_devices set confirmed = false where id = $1', person.app?.id)
    expect(await codes(all)).toEqual(four('not_verified'))
    await sql('update totp_devices set confirmed = true where id = $1', person.app?.id)
    expect(await codes(all)).toEqual(four('not_verified'))
  })

  it('the user is deactivated between password and token', async () => {
    for (const change of ['is_active = false', 'auth_epoch = auth_epoch + 1']) {
      const person = await createPerson(site)
      const browser = site.browser()
      await browser.post(login, { username: person.email, password: person.password })
      await sql(`update users set ${change} where id = $1`, person.id)
      const answer = await atTwin(browser).post(login, { otp_token: person.code() })
      expect(answer).toMatchObject({ status: 422, code: 'login_expired' })
    }
  })
})

describe('a session cookie that was', () => {
  const [secret = ''] = createKeyring([Buffer.alloc(32, 7)]).sessionSecrets
  const sign = (sid: string, key: string) =>
    `s:${sid}.${createHmac('sha256', key).update(sid).digest('base64').replace(/=+$/, '')}`
  const sidOf = (value: string) => decodeURIComponent(value).slice(2).split('.')[0] ?? ''

  const forgeries: [string, (value: string) => string][] = [
    ['truncated', (value) => value.slice(0, -1)],
    ['cut to the id', (value) => `s%3A${sidOf(value)}`],
    ['left unsigned', sidOf],
    ['signed with nothing', (value) => `s:${sidOf(value)}.`],
    [
      'tampered with in the id',
      (value) => value.replace(/^(s%3A)./, (_all, start) => `${start}${value[4] === 'a' ? 'b' : 'a'}`),
    ],
    [
      'tampered with in the signature',
      (value) => value.replace(/.(?=.{5}$)/, (letter) => (letter === 'a' ? 'b' : 'a')),
    ],
    [
      'signed by another site',
      (value) => sign(sidOf(value), createKeyring([Buffer.alloc(32, 8)]).sessionSecrets[0] ?? ''),
    ],
    ['signed with an empty key', (value) => sign(sidOf(value), '\0')],
    ['signed with the key itself', (value) => sign(sidOf(value), Buffer.alloc(32, 7).toString('base64'))],
    ['made up and signed rightly', () => sign('madeupmadeupmadeupmadeup', secret)],
    ['signed rightly for SQL', () => sign("' or 1=1 --", secret)],
  ]

  it('signed as ours are signed is taken (so the forgeries below are well made)', async () => {
    const value = superuser.cookies.get('otp_session') ?? ''
    expect(await asCookie(encodeURIComponent(sign(sidOf(value), secret)))).toBe(200)
  })

  it.each(forgeries)('%s is nobody', async (_name, forge) => {
    const value = superuser.cookies.get('otp_session') ?? ''
    expect(await asCookie(encodeURIComponent(decodeURIComponent(forge(value))))).toBe(302)
  })

  async function asCookie(value: string): Promise<number> {
    const browser = site.browser()
    browser.cookies.set('otp_session', value)
    return (await browser.get('/admin')).status
  }

  it('given by somebody before the sign-in is not used for it', async () => {
    const person = await createPerson(site)
    const browser = site.browser()
    const planted = encodeURIComponent(sign('plantedplantedplanted', secret))
    browser.cookies.set('otp_session', planted)
    await signIn(site, person, browser)
    expect(browser.cookies.get('otp_session')).not.toBe(planted)
    expect(await asCookie(planted)).toBe(302)
  })
})

describe('a session', () => {
  onPostgres('does not come back when a slow request ends after the sign-out', async () => {
    const person = await createPerson(site)
    const browser = await signIn(site, person)
    const rows = async () =>
      (await sql("select 1 from sessions where (sess ->> 'userId')::int = $1", person.id)).rowCount ?? 0
    expect(await rows()).toBe(1)
    // The slow request holds its session when the device goes, so it has a change to save at its end.
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

  it('ends 24 hours after the sign-in, however busy, and not before', async () => {
    const person = await createPerson(site)
    const browser = await signIn(site, person)
    for (let hour = 0; hour < 23; hour += 1) {
      site.clock.advance(3600)
      expect((await browser.get('/admin')).status).toBe(200)
    }
    site.clock.advance(3600)
    expect((await browser.get('/admin')).status).toBe(200)
    site.clock.advance(1)
    expect((await browser.get('/admin')).status).toBe(302)
    expect((await browser.get(login)).text).toContain('name="password"')
    superuser = await signIn(site, await createPerson(site, { superuser: true }))
  })

  it('ends after an hour without a visit', async () => {
    const person = await createPerson(site)
    const browser = await signIn(site, person)
    const { rows } = await sql(
      "select extract(epoch from expire - now())::int as seconds from sessions where (sess ->> 'userId')::int = $1",
      person.id,
    )
    expect(rows[0].seconds).toBeGreaterThan(3500)
    expect(rows[0].seconds).toBeLessThanOrEqual(3600)
    await sql("update sessions set expire = now() - interval '1 second' where (sess ->> 'userId')::int = $1", person.id)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it('holds ids, times and where it came from, and nothing else', async () => {
    const { rows } = await sql('select sess from sessions')
    const names = new Set(rows.flatMap(({ sess }) => Object.keys(sess)))
    expect(
      [...names].filter(
        (name) =>
          ![
            'cookie',
            'userId',
            'epoch',
            'signedInAt',
            'device',
            'verifiedAt',
            'address',
            'browser',
            'pending',
          ].includes(name),
      ),
    ).toEqual([])
  })
})

describe('behind https', () => {
  const startHttps = () => startTestSite(database, { BASE_URL: 'https://admin.example.com' })

  it.each([{}, { 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'https' }])(
    'the cookie is __Host- and Secure over the plain hop of a proxy that says %j',
    async (headers) => {
      const secure = await startHttps()
      const person = await createPerson(secure)
      const browser = secure.browser()
      const form = { username: person.email, password: person.password }
      const answer = await browser.visit(login, { method: 'POST', form, headers })
      const cookie = String(answer.headers['set-cookie'])
      expect(cookie).toMatch(/^__Host-otp_session=/)
      expect(cookie).toMatch(/; Secure/)
      expect(cookie).toMatch(/; HttpOnly/)
      expect(cookie).toMatch(/; Path=\/;/)
      expect(cookie).not.toMatch(/Domain/i)
      expect(answer.headers['strict-transport-security']).toMatch(/^max-age=31536000/)
      expect(
        (await browser.visit(login, { method: 'POST', form: { otp_token: person.code() }, headers })).location,
      ).toBe('/admin')
      expect((await browser.get('/admin')).status).toBe(200)
      const out = await browser.post('/account/logout')
      expect(String(out.headers['set-cookie'])).toMatch(/^__Host-otp_session=;.*Secure/)
      await secure.close()
    },
  )

  it('a cookie without the prefix, which any neighbour can set, is nobody', async () => {
    const secure = await startHttps()
    const browser = await signIn(secure, await createPerson(secure))
    const plain = secure.browser()
    plain.cookies.set('otp_session', browser.cookies.get('__Host-otp_session') ?? '')
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await plain.get('/admin')).status).toBe(302)
    await secure.close()
  })
})

describe('ten at once', () => {
  const verified = async (browsers: Browser[]) => (await statuses(browsers)).filter((status) => status === 200).length
  const ten = <T>(make: (index: number) => T): T[] => Array.from({ length: 10 }, (_, index) => make(index))

  it.each(['app', 'backup'] as const)(
    'sign in in one form with one token of the %s: one gets in (A-06)',
    async (kind) => {
      const person = await createPerson(site, { backupTokens: 1 })
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
    },
  )

  it('submit one token in ten half-open sessions: one gets in', async () => {
    const person = await createPerson(site)
    twin.clock.set(site.clock.now())
    const browsers = ten((index) => (index % 2 ? site : twin).browser())
    for (const browser of browsers) await browser.post(login, { username: person.email, password: person.password })
    await Promise.all(browsers.map((browser) => browser.post(login, { otp_token: person.code() })))
    expect(await verified(browsers)).toBe(1)
  })

  it.each(['the same token', 'ten tokens'])(
    'submit %s in one half-open session: its id is worth nothing afterwards',
    async (what) => {
      const person = await createPerson(site, { backupTokens: 10 })
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
      expect(await verified(browsers)).toBe(1)
      const thief = site.browser()
      thief.cookies.set('otp_session', pending)
      expect((await thief.get(login)).text).toContain('name="password"')
    },
  )

  function sameCookies(browser: Browser): Browser {
    const same = site.browser()
    for (const [name, value] of browser.cookies) same.cookies.set(name, value)
    return same
  }

  onPostgres('sign out while a token is judged: nobody is signed in', async () => {
    const person = await createPerson(site)
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
