import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../src/clock.js'
import { hashPassword } from '../../src/crypto/hash-password.js'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { addPhoneDevice } from '../../src/kinds/phone/add-device.js'
import { addStaticToken } from '../../src/kinds/static/add-token.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import type { Device } from '../../src/otp/device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { type HttpBrowser, createHttpBrowser } from '../support/http-browser.js'
import { type RunningServer, startServer } from '../support/command-line.js'
import { testConfig } from '../support/config.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { addToNewGroup } from '../support/groups.js'
import { testOtp } from '../support/otp.js'
import { createTestDatabase, postgresUrl, type TestDatabase } from '../support/postgres-database.js'

const login = '/account/login'
const profile = '/account/two-factor'
const secret = Buffer.from('12345678901234567890')
const PASSWORD = 'correct horse battery'

/** A person's browser as it talks to each of the two processes, with the same cookies. */
interface Both {
  one: HttpBrowser
  other: HttpBrowser
}

interface TestStaff {
  id: number
  email: string
  app: Device
  /** Unused backup tokens; each one signs in once. */
  tokens: string[]
  set: Device
}

describe.skipIf(!postgresUrl())('two processes on one PostgreSQL', () => {
  let where: TestDatabase
  let database: Database
  let servers: RunningServer[] = []
  let boss: Both
  const folder = temporaryFolder()

  beforeAll(async () => {
    where = await createTestDatabase()
    database = await connectDatabase(testConfig({ DATABASE_URL: where.url }))
    const environment = {
      DATABASE_URL: where.url,
      DATA_DIR: folder,
      SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'),
      TRUST_PROXY: '1',
      TRUST_BROWSER_DAYS: '30',
      // A device is throttled for an hour after one wrong code, so nothing depends on how fast the processes are.
      OTP_THROTTLE_FACTOR: '3600',
      LOGIN_ADDRESS_LIMIT: '10',
      LOG_LEVEL: 'silent',
    }
    servers = [await startServer(environment), await startServer(environment)]
    boss = await signIn(await createStaff({ superuser: true }))
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')))
    await database.close()
    await where.drop()
  })

  let people = 0
  /** A member of staff with an app and four backup tokens. */
  async function createStaff({ superuser = false } = {}): Promise<TestStaff> {
    people += 1
    const otp = { ...testOtp(database), clock: systemClock }
    const user = await database.models.User.create({
      email: `createStaff${people}@example.com`,
      name: `TestStaff ${people}`,
      password_hash: await hashPassword(PASSWORD),
      is_staff: true,
      is_superuser: superuser,
      is_active: true,
    })
    return database.sequelize.transaction(async (transaction) => {
      const { device: app } = await addTotpDevice(otp, transaction, { user, name: 'App', secret, confirmed: true })
      const first = await addStaticToken(otp, transaction, user.id)
      const tokens = [first.token]
      while (tokens.length < 4) tokens.push((await addStaticToken(otp, transaction, user.id)).token)
      return { id: user.id, email: user.email, app, tokens, set: first.device }
    })
  }
  const codeNow = () => generateHotp(secret, timeStep(new Date(), 30, 0), 6)

  let addresses = 0
  /** A new browser with its own IP address, so that no test uses up the attempts of another. */
  function browserAt(address = `198.51.100.${(addresses += 1)}`): Both {
    const cookies = new Map<string, string>()
    const [one, other] = servers.map((server) => {
      const browser = createHttpBrowser(new URL(server.address).origin, undefined, cookies)
      const visit: HttpBrowser['visit'] = (to, how = {}) =>
        browser.visit(to, { ...how, headers: { ...how.headers, 'X-Forwarded-For': address } })
      const get: HttpBrowser['get'] = (to) => visit(to)
      const post: HttpBrowser['post'] = (to, form = {}) => visit(to, { method: 'POST', form })
      return { cookies, visit, get, post }
    })
    if (!one || !other) throw new Error('There are no two servers.')
    return { one, other }
  }
  const passwordOf = ({ email }: TestStaff) => ({ username: email, password: PASSWORD })

  /** Signs in at the first process with the app or, by default, a backup token. The second process knows the session at once. */
  async function signIn(person: TestStaff, by: 'app' | 'backup' = 'backup'): Promise<Both> {
    const both = browserAt()
    const token =
      by === 'app'
        ? { otp_device: person.app.persistentId, otp_token: codeNow() }
        : { otp_device: person.set.persistentId, otp_token: person.tokens.pop() ?? '' }
    expect((await both.one.post(login, { ...passwordOf(person), ...token })).location).toBe('/admin')
    expect((await both.other.get('/admin/api/dashboard')).status).toBe(200)
    return both
  }
  const act = ({ one }: Both, table: string, id: number, action: string, form: Record<string, string> = {}) =>
    one.post(`/admin/api/resources/${table}/records/${id}/${action}`, form)
  /** How the second process answers the next request. */
  const dashboard = async ({ other }: Both) => (await other.get('/admin/api/dashboard')).code

  describe('what one process revokes, the other rejects at the next request', () => {
    it('ends a session that is removed in the list', async () => {
      const person = await createStaff()
      const [ended, mine] = [await signIn(person), await signIn(person)]
      const page = (await mine.one.get(profile)).text
      const [handle = ''] = [...page.matchAll(/name="session" value="([^"]+)"/g)].map(([, value]) => value)
      expect((await mine.one.post(`${profile}/sessions/end`, { session: handle })).status).toBe(303)
      expect(await dashboard(ended)).toBe('not_authenticated')
      expect(await dashboard(mine)).toBeUndefined()
    })

    it('ends a session that is signed out', async () => {
      const session = await signIn(await createStaff())
      const copy = browserAt()
      for (const [name, value] of session.one.cookies) copy.other.cookies.set(name, value)
      expect((await session.one.post('/account/logout')).status).toBe(303)
      expect(await dashboard(copy)).toBe('not_authenticated')
    })

    it('ends every session when the password changes', async () => {
      const person = await createStaff()
      const [session, mine] = [await signIn(person), await signIn(person)]
      const form = { password: PASSWORD, new_password: 'quite another passphrase' }
      expect((await mine.one.post('/account/password/change', form)).status).toBe(303)
      expect(await dashboard(session)).toBe('not_authenticated')
      expect(await dashboard(mine)).toBeUndefined()
      expect((await browserAt().other.post(login, passwordOf(person))).code).toBe('invalid_login')
    })

    it.each([
      ['switched off', 'edit', { confirmed: 'false' }],
      ['removed', 'delete', {}],
    ])('ends what a device verified that is %s in the panel, and rejects its codes', async (_what, action, form) => {
      const person = await createStaff()
      const session = await signIn(person, 'app')
      expect((await act(boss, 'totp_devices', person.app.id, action, { ...form })).status).toBe(200)
      expect(await dashboard(session)).toBe('not_authenticated')
      const again = browserAt()
      const token = { otp_device: person.app.persistentId, otp_token: codeNow() }
      expect((await again.other.post(login, { ...passwordOf(person), ...token })).code).toBe('invalid_token')
    })

    it('ends the verification by a device that its owner removed, in a session that is not touched', async () => {
      const person = await createStaff()
      const [session, mine] = [await signIn(person, 'app'), await signIn(person)]
      await database.sequelize.transaction((transaction) =>
        addTotpDevice(testOtp(database), transaction, {
          user: { id: person.id, email: person.email },
          name: 'Second',
          confirmed: true,
        }),
      )
      expect((await mine.one.post(`${profile}/devices/${person.app.persistentId}/remove`)).status).toBe(303)
      expect(await dashboard(session)).toBe('not_verified')
    })

    it.each([
      ['is_active', 'invalid_login'],
      ['is_staff', 'not_staff'],
    ])('signs out a user whose %s is cleared', async (flag, refusal) => {
      const person = await createStaff()
      const session = await signIn(person)
      expect((await act(boss, 'users', person.id, 'edit', { [flag]: 'false' })).status).toBe(200)
      expect(await dashboard(session)).toBe('not_authenticated')
      const [token = ''] = person.tokens
      const again = browserAt()
      const form = { ...passwordOf(person), otp_device: person.set.persistentId, otp_token: token }
      const answer = await again.other.post(login, form)
      expect(answer.code ?? (await dashboard(again))).toBe(refusal)
    })

    it('revokes what a group allowed when a user is removed from it in the panel', async () => {
      const person = await createStaff()
      await addToNewGroup(database, [person.id], { permissions: ['users.view'] })
      const second = await addToNewGroup(database, [person.id], { permissions: ['audit_events.view'] })
      const session = await signIn(person)
      const trail = '/admin/api/resources/audit_events/actions/list'
      expect((await session.other.get(trail)).status).toBe(200)
      const { rows } = await database.pool.query<{ id: number }>(
        'select id from user_groups where user_id = $1 and group_id = $2',
        [person.id, second],
      )
      expect((await act(boss, 'user_groups', rows[0]?.id ?? 0, 'delete')).status).toBe(200)
      expect(await session.other.get(trail)).toMatchObject({ status: 403, code: 'not_allowed' })
      expect((await session.other.get('/admin/api/resources/users/actions/list')).status).toBe(200)
    })

    it('revokes a trusted browser, and what it verified', async () => {
      const person = await createStaff()
      const browser = browserAt()
      await browser.one.post(login, passwordOf(person))
      await browser.one.post(login, { otp_token: codeNow(), trust_browser: 'on' })
      browser.one.cookies.delete('otp_session')
      expect((await browser.other.post(login, passwordOf(person))).location).toBe('/admin')
      const mine = await signIn(person)
      const page = (await mine.one.get(profile)).text
      const [, id = ''] = /name="browser" value="(\d+)"/.exec(page) ?? []
      expect((await mine.one.post(`${profile}/browsers/end`, { browser: id })).status).toBe(303)
      expect(await dashboard(browser)).toBe('not_verified')
      browser.one.cookies.delete('otp_session')
      expect((await browser.other.post(login, passwordOf(person))).location).toBe(login)
    })
  })

  describe('what one process counts, the other counts too', () => {
    it('rejects a code that the other process has accepted', async () => {
      const person = await createStaff()
      const token = { otp_device: person.app.persistentId, otp_token: codeNow() }
      const [first, second] = [browserAt(), browserAt()]
      await first.one.post(login, passwordOf(person))
      await second.other.post(login, passwordOf(person))
      expect((await first.one.post(login, token)).location).toBe('/admin')
      expect((await second.other.post(login, token)).code).toBe('invalid_token')
    })

    it('rejects a backup token that the other process has accepted', async () => {
      const person = await createStaff()
      const form = { ...passwordOf(person), otp_device: person.set.persistentId, otp_token: person.tokens[0] ?? '' }
      expect((await browserAt().one.post(login, form)).location).toBe('/admin')
      expect((await browserAt().other.post(login, form)).code).toBe('invalid_token')
    })

    it('throttles a device at both processes after a wrong code at one', async () => {
      const person = await createStaff()
      const [first, second] = [browserAt(), browserAt()]
      await first.one.post(login, passwordOf(person))
      await second.other.post(login, passwordOf(person))
      expect((await first.one.post(login, { otp_token: '000000' })).code).toBe('invalid_token')
      const wait = await second.other.post(login, { otp_token: codeNow() })
      expect(wait).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    })

    it('limits one IP address to ten wrong passwords over both processes', async () => {
      const address = '203.0.113.77'
      // Each for another login, which has its own limit.
      let logins = 0
      const form = () => ({ username: `nobody${(logins += 1)}@example.com`, password: 'x' })
      for (let tries = 0; tries < 5; tries += 1) {
        expect((await browserAt(address).one.post(login, form())).status).toBe(422)
        expect((await browserAt(address).other.post(login, form())).status).toBe(422)
      }
      expect((await browserAt(address).one.post(login, form())).status).toBe(429)
      expect((await browserAt(address).other.post(login, form())).status).toBe(429)
      expect((await browserAt().other.post(login, form())).status).toBe(422)
    })

    it('rejects the token of a trusted browser that the other process has accepted', async () => {
      const person = await createStaff()
      const browser = browserAt()
      await browser.one.post(login, passwordOf(person))
      await browser.one.post(login, { otp_token: codeNow(), trust_browser: 'on' })
      const copy = browserAt()
      copy.other.cookies.set('otp_trusted', browser.one.cookies.get('otp_trusted') ?? '')
      browser.one.cookies.delete('otp_session')
      expect((await browser.one.post(login, passwordOf(person))).location).toBe('/admin')
      expect((await copy.other.post(login, passwordOf(person))).location).toBe(login)
    })
  })

  describe('what one process begins, the other completes', () => {
    it('completes a sign-in between password and token', async () => {
      const person = await createStaff()
      const browser = browserAt()
      await browser.one.post(login, passwordOf(person))
      expect((await browser.other.post(login, { otp_token: codeNow() })).location).toBe('/admin')
      expect((await browser.one.get('/admin')).status).toBe(200)
    })

    it('accepts the code of a challenge that the other process sent', async () => {
      const person = await createStaff()
      const number = '+41524204243'
      const phone = { userId: person.id, name: 'Phone', confirmed: true, number, method: 'sms' } as const
      const device = await addPhoneDevice(testOtp(database), undefined, phone)
      const browser = browserAt()
      await browser.one.post(login, passwordOf(person))
      const asked = { otp_device: device.persistentId, otp_challenge: 'send' }
      expect((await browser.one.post(login, asked)).status).toBe(303)
      const code = await vi.waitFor(() => codeSentTo(number), { timeout: 100_000, interval: 100 })
      const answer = await browser.other.post(login, { otp_device: device.persistentId, otp_token: code })
      expect(answer.location).toBe('/admin')
    })

    it('completes a form that was saved for a step-up', async () => {
      const person = await createStaff()
      const session = await signIn(person)
      await ageSession(person)
      const change = '/account/password/change'
      const form = { password: PASSWORD, new_password: 'quite another passphrase' }
      const kept = await session.one.post(change, form)
      expect(kept.location).toMatch(/^\/account\/verify\?next=/)
      const token = { otp_device: person.app.persistentId, otp_token: codeNow(), next: change }
      const done = await session.other.post('/account/verify', token)
      expect(done.location).toBe(`${profile}?done=password_changed`)
      const again = await browserAt().one.post(login, { ...passwordOf(person), password: form.new_password })
      expect(again.location).toBe(login)
    })
  })

  /** What the file gateway wrote for a number; either process can have delivered it. */
  function codeSentTo(number: string): string {
    const sms = path.join(folder, 'sms')
    const texts = readdirSync(sms).map((file) => readFileSync(path.join(sms, file), 'utf8'))
    const code = /\b\d{6}\b/.exec(texts.find((text) => text.includes(`To: ${number}\n`))?.split('\n\n')[1] ?? '')?.[0]
    if (!code) throw new Error('Nothing was sent yet.')
    return code
  }

  const stored = z.looseObject({ factors: z.array(z.looseObject({ at: z.number() })) })

  /** As if the tokens of this user's sessions had been entered ten minutes ago: the clock of the processes cannot be moved. */
  async function ageSession({ id }: TestStaff): Promise<void> {
    const { rows } = await database.pool.query<{ sid: string; sess: unknown }>(
      `select sid, sess from sessions where sess ->> 'userId' = $1`,
      [String(id)],
    )
    for (const { sid, sess } of rows) {
      const session = stored.parse(sess)
      const factors = session.factors.map((factor) => ({ ...factor, at: factor.at - 600_000 }))
      await database.pool.query('update sessions set sess = $2 where sid = $1', [sid, { ...session, factors }])
    }
  }
})
