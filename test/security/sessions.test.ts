import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { openTestDatabase } from '../support/database.js'

let database: Database
/** The state of two processes over one database, with one clock. */
let site: TestSite
let twin: TestSite
let superuser: HttpBrowser

beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database)
  twin = await startTestSite(database, {}, undefined, { clock: site.clock })
  superuser = await signIn(site, await createTestUser(site, { superuser: true }))
})
afterAll(async () => {
  await Promise.all([site.close(), twin.close()])
  await database.close()
})

const login = '/account/login'
const api = '/admin/api/resources'
const sql = (text: string, ...values: unknown[]) => database.pool.query(text, values)

/** The same browser at the other process. */
function atTwin(browser: HttpBrowser): HttpBrowser {
  const same = twin.browser()
  for (const [name, value] of browser.cookies) same.cookies.set(name, value)
  return same
}

/** Two sessions of one user, each as both processes see it, all used a moment ago. */
async function sessionsOf(person: TestUser): Promise<HttpBrowser[]> {
  const [one, two] = [await signIn(site, person), await signIn(site, person)]
  const all = [one, atTwin(one), two, atTwin(two)]
  expect(await statuses(all)).toEqual([200, 200, 200, 200])
  return all
}

/** By a user who has just entered a token: changes in the panel require one within five minutes. */
const byAdministrator = async (path: string, form?: Record<string, string>) =>
  (await signIn(site, await createTestUser(site, { superuser: true }))).post(path, form)

const statuses = async (browsers: HttpBrowser[], path = '/admin') =>
  (await Promise.all(browsers.map((browser) => browser.get(path)))).map(({ status }) => status)

const codes = async (browsers: HttpBrowser[]) =>
  (await Promise.all(browsers.map((browser) => browser.get(`${api}/users/actions/list`)))).map(({ code }) => code)

const four = <T>(value: T): T[] => [value, value, value, value]

describe('the next request of every session is affected, in every process, when', () => {
  /** Afterwards the API returns this code to all sessions of the user. */
  const changes: [string, string, (person: TestUser) => Promise<unknown>][] = [
    [
      'the user is deactivated in SQL',
      'not_authenticated',
      ({ id }) => sql('update users set is_active = false where id = $1', id),
    ],
    [
      'the user is deactivated in the panel',
      'not_authenticated',
      ({ id }) => ok(byAdministrator(`${api}/users/records/${id}/edit`, { is_active: 'false' })),
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
      ({ id }) => ok(byAdministrator(`${api}/users/records/${id}/edit`, { is_staff: 'false' })),
    ],
    [
      'the device is deleted in SQL',
      'not_verified',
      ({ app }) => sql('delete from totp_devices where id = $1', app?.id),
    ],
    [
      'the device is disabled with SQL',
      'not_verified',
      ({ app }) => sql('update totp_devices set confirmed = false where id = $1', app?.id),
    ],
    [
      'the device is moved to another user',
      'not_verified',
      async ({ app }) =>
        sql('update totp_devices set user_id = $1 where id = $2', (await createTestUser(site)).id, app?.id),
    ],
    [
      'the device is deleted in the panel',
      'not_authenticated',
      ({ app }) => ok(byAdministrator(`${api}/totp_devices/records/${app?.id}/delete`)),
    ],
    [
      'the device is disabled in the panel',
      'not_authenticated',
      ({ app }) => ok(byAdministrator(`${api}/totp_devices/records/${app?.id}/edit`, { confirmed: 'false' })),
    ],
    [
      'all devices are deleted at once in the panel',
      'not_authenticated',
      ({ app }) => ok(byAdministrator(`${api}/totp_devices/bulk/bulkDelete?recordIds=${app?.id}`)),
    ],
  ]

  async function ok(answer: Promise<HttpResponse>): Promise<void> {
    expect((await answer).status).toBe(200)
  }

  it.each(changes)('%s', async (_name, code, change) => {
    const person = await createTestUser(site)
    const all = await sessionsOf(person)
    await change(person)
    expect(await codes(all)).toEqual(four(code))
    expect(await statuses(all)).toEqual(four(code === 'not_staff' ? 403 : 302))
    expect((await superuser.get('/admin')).status).toBe(200)
  })

  it('the user ends all sessions from one of them', async () => {
    const person = await createTestUser(site)
    const all = await sessionsOf(person)
    expect((await all[0]?.post('/account/two-factor/sessions'))?.status).toBe(303)
    expect(await codes(all)).toEqual(four('not_authenticated'))
    await signIn(site, person)
  })

  it('a superuser is demoted and loses what only superusers can do', async () => {
    const boss = await createTestUser(site, { superuser: true })
    const other = await createTestUser(site, { superuser: true })
    const browser = await signIn(site, boss)
    await sql('update users set is_superuser = false where id = $1', boss.id)
    const answer = await atTwin(browser).post(`${api}/users/records/${other.id}/edit`, { name: 'x' })
    expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
  })

  it('a disabled device is enabled again: the sessions stay unverified', async () => {
    const person = await createTestUser(site)
    const all = await sessionsOf(person)
    await sql('update totp_devices set confirmed = false where id = $1', person.app?.id)
    expect(await codes(all)).toEqual(four('not_verified'))
    await sql('update totp_devices set confirmed = true where id = $1', person.app?.id)
    expect(await codes(all)).toEqual(four('not_verified'))
  })

  it('the user is deactivated between password and token', async () => {
    for (const change of ['is_active = false', 'auth_epoch = auth_epoch + 1']) {
      const person = await createTestUser(site)
      const browser = site.browser()
      await browser.post(login, { username: person.email, password: person.password })
      await sql(`update users set ${change} where id = $1`, person.id)
      const answer = await atTwin(browser).post(login, { otp_token: person.code() })
      expect(answer).toMatchObject({ status: 422, code: 'login_expired' })
    }
  })
})

describe('a session cookie', () => {
  const [secret = ''] = createKeyring([Buffer.alloc(32, 7)]).sessionSecrets
  const sign = (sid: string, key: string) =>
    `s:${sid}.${createHmac('sha256', key).update(sid).digest('base64').replace(/=+$/, '')}`
  const sidOf = (value: string) => decodeURIComponent(value).slice(2).split('.')[0] ?? ''

  const forgeries: [string, (value: string) => string][] = [
    ['truncated', (value) => decodeURIComponent(value).slice(0, -1)],
    ['cut to the ID', (value) => `s%3A${sidOf(value)}`],
    ['left unsigned', sidOf],
    ['signed with nothing', (value) => `s:${sidOf(value)}.`],
    [
      'tampered with in the id',
      (value) => value.replace(/^(s%3A)./, (_all, start) => `${start}${value[4] === 'a' ? 'b' : 'a'}`),
    ],
    [
      'tampered with in the signature',
      (value) => decodeURIComponent(value).replace(/.(?=.{5}$)/, (letter) => (letter === 'a' ? 'b' : 'a')),
    ],
    [
      'signed by another site',
      (value) => sign(sidOf(value), createKeyring([Buffer.alloc(32, 8)]).sessionSecrets[0] ?? ''),
    ],
    ['signed with an empty key', (value) => sign(sidOf(value), '\0')],
    ['signed with the key itself', (value) => sign(sidOf(value), Buffer.alloc(32, 7).toString('base64'))],
    ['made up and signed correctly', () => sign('madeupmadeupmadeupmadeup', secret)],
    ['signed correctly with SQL as its ID', () => sign("' or 1=1 --", secret)],
  ]

  it('is accepted with a signature of the site (so the forgeries below are well made)', async () => {
    const value = superuser.cookies.get('otp_session') ?? ''
    expect(await asCookie(encodeURIComponent(sign(sidOf(value), secret)))).toBe(200)
  })

  it.each(forgeries)('is not accepted if it is %s', async (_name, forge) => {
    const value = superuser.cookies.get('otp_session') ?? ''
    const forged = forge(value)
    // Some are made from the encoded cookie, others from the plain one.
    expect(await asCookie(forged.startsWith('s%3A') ? forged : encodeURIComponent(forged))).toBe(302)
  })

  async function asCookie(value: string): Promise<number> {
    const browser = site.browser()
    browser.cookies.set('otp_session', value)
    return (await browser.get('/admin')).status
  }

  it('is replaced if it was planted before the sign-in', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    const planted = encodeURIComponent(sign('plantedplantedplanted', secret))
    browser.cookies.set('otp_session', planted)
    await signIn(site, person, browser)
    expect(browser.cookies.get('otp_session')).not.toBe(planted)
    expect(await asCookie(planted)).toBe(302)
  })
})

describe('a session', () => {
  it('ends 24 hours after the sign-in, even with requests, and not before', async () => {
    const person = await createTestUser(site)
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
    superuser = await signIn(site, await createTestUser(site, { superuser: true }))
  })

  it('ends after an hour without a request', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    site.clock.advance(3600)
    expect((await browser.get('/admin')).status).toBe(200)
    site.clock.advance(3601)
    expect((await browser.get('/admin')).status).toBe(302)
    superuser = await signIn(site, await createTestUser(site, { superuser: true }))
  })

  it('contains IDs, times and client info, and nothing else', async () => {
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
            'factors',
            'address',
            'browser',
            'pending',
            // A random name under which this browser's failed attempts are counted.
            'asker',
            'policyBlockedAt',
            'failedAttempts',
          ].includes(name),
      ),
    ).toEqual([])
  })
})

describe('behind https', () => {
  const startHttps = () => startTestSite(database, { BASE_URL: 'https://admin.example.com' })

  it.each([{}, { 'X-Forwarded-Proto': 'http' }, { 'X-Forwarded-Proto': 'https' }])(
    'sets a __Host- and Secure cookie behind a proxy on plain HTTP that says %j',
    async (headers) => {
      const secure = await startHttps()
      const person = await createTestUser(secure)
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

  it('rejects a cookie without the prefix, which any neighbouring host can set', async () => {
    const secure = await startHttps()
    const browser = await signIn(secure, await createTestUser(secure))
    const plain = secure.browser()
    plain.cookies.set('otp_session', browser.cookies.get('__Host-otp_session') ?? '')
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await plain.get('/admin')).status).toBe(302)
    await secure.close()
  })
})
