import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { recordAddedDevice } from '../../src/cli/record-added-device.js'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateBackupTokens } from '../../src/kinds/static/generate.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { noClient } from '../../src/client-info.js'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { addEmail } from '../support/challenges.js'
import { testConfig } from '../support/config.js'
import { journeyKinds, openTestDatabase } from '../support/database.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'
const COOKIE = 'otp_trusted'
const DAY = 24 * 3600

describe.each(journeyKinds())('trusted browsers, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    site = await startTestSite(database, { TRUST_BROWSER_DAYS: '30' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** Signs in with the app and selects the checkbox. */
  const trust = async (person: TestUser, browser = site.browser()): Promise<HttpBrowser> => {
    await enter(browser, person)
    site.clock.advance(30)
    const form = { otp_token: person.code(), trust_browser: 'on' }
    expect((await browser.post(login, form)).status).toBe(303)
    return browser
  }
  const enter = ({ post }: HttpBrowser, { email, password }: TestUser): Promise<HttpResponse> =>
    post(login, { username: email, password })
  /** The response to the password alone in a browser that is trusted, and has no session. */
  const comeBack = async (browser: HttpBrowser, person: TestUser): Promise<HttpResponse> => {
    browser.cookies.delete('otp_session')
    return enter(browser, person)
  }
  const rowsOf = async ({ id }: TestUser) =>
    (await database.pool.query('select * from trusted_browsers where user_id = $1 order by id', [id])).rows
  const eventsOf = async ({ id }: TestUser) =>
    (await database.pool.query('select event, device, details from audit_events where user_id = $1 order by id', [id]))
      .rows
  const namesOf = async (person: TestUser) => (await eventsOf(person)).map(({ event }) => event)
  const secretOn = ({ text }: HttpResponse) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''
  const failuresOf = async ({ id }: TestUser) =>
    (await database.pool.query('select failure_count from totp_devices where user_id = $1', [id])).rows[0]
      ?.failure_count

  describe('the checkbox', () => {
    it('is in the token step, not selected, and says for how long', async () => {
      const browser = site.browser()
      await enter(browser, await createTestUser(site))
      const page = (await browser.get(login)).text
      expect(page).toMatch(/<input type="checkbox" name="trust_browser" value="on"[^>]*>/)
      expect(page).not.toMatch(/name="trust_browser"[^>]* checked/)
      expect(page).toContain('ask again in this browser for 30 days')
    })

    it('stays as it was when the form is shown again after a wrong code', async () => {
      const browser = site.browser()
      await enter(browser, await createTestUser(site))
      const refused = await browser.post(login, { otp_token: '000000', trust_browser: 'on' })
      expect(refused).toMatchObject({ status: 422, code: 'invalid_token' })
      expect(refused.text).toMatch(/name="trust_browser"[^>]* checked/)
      expect(browser.cookies.has(COOKIE)).toBe(false)
    })

    it('is in no form of a backup token, and not in a step-up', async () => {
      const person = await createTestUser(site, { backupTokens: 1 })
      const browser = site.browser()
      await enter(browser, person)
      expect((await browser.get(login)).text.match(/trust_browser/g)).toHaveLength(1)
      await signIn(site, person, browser)
      expect((await browser.get('/account/verify')).text).not.toContain('trust_browser')
    })

    it('trusts no browser if it is not selected', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      expect(browser.cookies.has(COOKIE)).toBe(false)
      expect(await rowsOf(person)).toEqual([])
    })

    it('is also at the end of the setup, and the first device can trust the browser there', async () => {
      const person = await createTestUser(site, { app: false })
      const browser = site.browser()
      await enter(browser, person)
      await browser.post(`${profile}/setup`, { method: 'totp' })
      const secret = secretOn(await browser.get(`${profile}/setup`))
      const done = await browser.post(`${profile}/setup`, { otp_token: appCode(secret, site.clock.now()) })
      expect((await browser.get(done.location ?? '')).text).toContain('name="trust_browser"')
      const on = await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on', next: '/admin' })
      expect(on).toMatchObject({ status: 303, location: '/admin' })
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })

    it('continues from the setup if it is not selected, at any time', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      site.clock.advance(600)
      const on = await browser.post(`${profile}/browsers/trust`, { next: '/admin' })
      expect(on).toMatchObject({ status: 303, location: '/admin' })
      expect(await rowsOf(person)).toEqual([])
    })
  })

  describe('the next sign-in', () => {
    it('accepts the password alone, opens the panel, and changes the token', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      const before = browser.cookies.get(COOKIE)
      expect(await comeBack(browser, person)).toMatchObject({ status: 303, location: '/admin' })
      expect((await browser.get('/admin')).status).toBe(200)
      expect(browser.cookies.get(COOKIE)).not.toBe(before)
      expect((await comeBack(browser, person)).location).toBe('/admin')
      expect(await namesOf(person)).toEqual(
        expect.arrayContaining(['browser_trusted', 'trusted_browser_used', 'trusted_browser_used']),
      )
    })

    it('emits an event, as the trust did', async () => {
      const person = await createTestUser(site)
      const emitted: object[] = []
      const stop = [
        site.otp.events.on('browserTrusted', (event) => void emitted.push(event)),
        site.otp.events.on('signedIn', (event) => void emitted.push(event)),
      ]
      await comeBack(await trust(person), person)
      const device = person.app?.persistentId
      const expiresAt = new Date(site.clock.now().getTime() + 30 * DAY * 1000)
      expect(emitted).toMatchObject([
        { userId: person.id, device, expiresAt },
        { userId: person.id, device, how: 'token' },
        { userId: person.id, device, how: 'trusted_browser' },
      ])
      for (const each of stop) each()
    })

    it('follows next, and accepts a token in the same form as before', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      browser.cookies.delete('otp_session')
      const form = { username: person.email, password: person.password }
      expect((await browser.post(login, { ...form, next: '/admin/resources/users' })).location).toBe(
        '/admin/resources/users',
      )
      site.clock.advance(30)
      const both = await site.browser().post(login, { ...form, otp_token: person.code(), trust_browser: 'on' })
      expect(both.location).toBe('/admin')
      expect(await rowsOf(person)).toHaveLength(2)
    })

    it('still requires the correct password', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      browser.cookies.delete('otp_session')
      const wrong = await browser.post(login, { username: person.email, password: 'wrong' })
      expect(wrong).toMatchObject({ status: 422, code: 'invalid_login' })
      expect((await browser.get('/admin')).status).toBe(302)
    })

    it('does not count as a recent token: changing devices requires one', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      expect((await browser.get(`${profile}/setup`)).location).toMatch(/^\/account\/verify\?next=/)
      expect((await browser.post('/account/password/change', { password: 'x' })).location).toMatch(/^\/account\/verify/)
      site.clock.advance(30)
      const next = `${profile}/setup`
      expect(await browser.post('/account/verify', { otp_token: person.code(), next })).toMatchObject({
        location: next,
      })
      expect((await browser.get(`${profile}/setup`)).status).toBe(200)
    })

    it('does not extend the trust: the days count from the code', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      site.clock.advance(29 * DAY)
      expect((await comeBack(browser, person)).location).toBe('/admin')
      const refused = await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      expect(refused.location).toMatch(/^\/account\/verify/)
      site.clock.advance(DAY)
      expect((await comeBack(browser, person)).location).toBe(login)
      expect(browser.cookies.has(COOKIE)).toBe(false)
      expect((await browser.get(login)).text).toContain('name="otp_token"')
    })

    it('asks for a code if no browser can be trusted: fewer days, or none, apply at once', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      site.clock.advance(8 * DAY)
      await comeBack(browser, person)
      for (const days of ['7', '0']) {
        const other = await startTestSite(database, { TRUST_BROWSER_DAYS: days })
        other.clock.set(site.clock.now())
        const visitor = other.browser()
        for (const [name, value] of browser.cookies) visitor.cookies.set(name, value)
        expect((await visitor.get('/admin')).location).toMatch(/^\/account\/login/)
        visitor.cookies.delete('otp_session')
        expect((await visitor.post(login, { username: person.email, password: person.password })).location).toBe(login)
        await other.close()
      }
    })

    it('signs in while wrong codes of an attacker lock account and device', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      const stranger = site.browser()
      await enter(stranger, person)
      await stranger.post(login, { otp_token: '000000' })
      expect((await comeBack(browser, person)).location).toBe('/admin')
      await database.pool.query('update users set token_failed_at = $2 where id = $1', [
        person.id,
        Array.from({ length: 10 }, () => site.clock.now()),
      ])
      expect((await stranger.post(login, { otp_token: person.code() })).status).toBe(429)
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })

    it('does not change the failures of the device', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      const stranger = site.browser()
      await enter(stranger, person)
      await stranger.post(login, { otp_token: '000000' })
      site.clock.advance(2)
      await comeBack(browser, person)
      expect(await failuresOf(person)).toBe(1)
    })
  })

  describe('the cookie', () => {
    it('is HttpOnly, Lax, of the whole site, and lasts as long as the trust', async () => {
      const person = await createTestUser(site)
      const browser = site.browser()
      await enter(browser, person)
      const answer = await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      const line = answer.headers['set-cookie']?.find((each) => each.startsWith(`${COOKIE}=`))
      expect(line).toMatch(/^otp_trusted=[\w-]{22}\.[\w-]{43}; Max-Age=2592000; Path=\/; .*HttpOnly; SameSite=Lax$/)
    })

    it('is Secure and of this host alone if the site uses https', async () => {
      const https = await startTestSite(database, { TRUST_BROWSER_DAYS: '30', BASE_URL: 'https://admin.example.com' })
      const person = await createTestUser(https)
      const form = { username: person.email, password: person.password, otp_token: person.code(), trust_browser: 'on' }
      const answer = await https
        .browser()
        .visit(login, { method: 'POST', form, headers: { Origin: 'https://admin.example.com' } })
      const line = answer.headers['set-cookie']?.find((each) => each.startsWith('__Host-otp_trusted='))
      expect(line).toMatch(/HttpOnly; Secure; SameSite=Lax$/)
      await https.close()
    })

    it.each([
      'garbage',
      'a:b',
      'a:b:c:d',
      '',
      '~~~~',
      '.',
      '%00',
      '%zz',
      `${'x'.repeat(22)}.${'y'.repeat(43)}`,
      `${'x'.repeat(22)}.${'y'.repeat(42)}`,
      'é'.repeat(20),
      'x'.repeat(3000),
    ])('of %j asks for a code, is deleted, and counts no failure', async (value) => {
      const person = await createTestUser(site)
      const form = new URLSearchParams({ username: person.email, password: person.password }).toString()
      const headers = {
        Cookie: Buffer.from(`${COOKIE}=${value}`).toString('latin1'),
        'Content-Type': 'application/x-www-form-urlencoded',
      }
      const browser = site.browser()
      const answer = await browser.visit(login, { method: 'POST', body: form, headers })
      expect(answer).toMatchObject({ status: 303, location: login })
      expect(String(answer.headers['set-cookie'])).toContain(`${COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970`)
      expect(await failuresOf(person)).toBe(0)
      expect((await browser.post(login, { otp_token: person.code() })).location).toBe('/admin')
    })

    it('of another user asks for a code, and stays theirs', async () => {
      const [one, other] = [await createTestUser(site), await createTestUser(site)]
      const browser = await trust(one)
      expect((await comeBack(browser, other)).location).toBe(login)
      expect((await comeBack(browser, one)).location).toBe('/admin')
      expect(await failuresOf(other)).toBe(0)
    })

    it('is shared by the users of one browser, at most five', async () => {
      const browser = site.browser()
      const people: TestUser[] = []
      for (let count = 0; count < 6; count += 1) {
        const person = await createTestUser(site)
        browser.cookies.delete('otp_session')
        await trust(person, browser)
        people.push(person)
      }
      const [first, ...others] = people
      for (const person of others) expect((await comeBack(browser, person)).location).toBe('/admin')
      expect(first && (await comeBack(browser, first)).location).toBe(login)
      expect((browser.cookies.get(COOKIE) ?? '').length).toBeLessThan(400)
    })

    it('holds one trust for each user, the newest', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      const [before] = await rowsOf(person)
      expect((await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).status).toBe(303)
      expect(await rowsOf(person)).toMatchObject([{ id: expect.not.toBeOneOf([before.id]) }])
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })

    it('is in no table: only its keyed hash is stored, and an older key still verifies it', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      const [series = '', token = ''] = (browser.cookies.get(COOKIE) ?? '').split('.')
      const written = JSON.stringify(await rowsOf(person)) + JSON.stringify(await eventsOf(person)) + site.log.join('')
      expect(written).not.toContain(series)
      expect(written).not.toContain(token)
      const older = createKeyring([Buffer.alloc(32, 9)])
      await database.pool.query('update trusted_browsers set series_hash = $2, token_hash = $3 where user_id = $1', [
        person.id,
        older.hash('trusted_browsers.series', series),
        older.hash('trusted_browsers.token', token),
      ])
      expect((await comeBack(browser, person)).location).toBe(login)
      const rotated = await startTestSite(database, { TRUST_BROWSER_DAYS: '30' }, [
        Buffer.alloc(32, 7),
        Buffer.alloc(32, 9),
      ])
      const again = rotated.browser()
      again.cookies.set(COOKIE, `${series}.${token}`)
      expect((await again.post(login, { username: person.email, password: person.password })).location).toBe('/admin')
      await rotated.close()
    })
  })

  describe('a token that was used before', () => {
    it('redirects to the token step, revokes the trust, and is recorded and emailed', async () => {
      const person = await createTestUser(site)
      const owner = await trust(person)
      const thief = site.browser()
      thief.cookies.set(COOKIE, owner.cookies.get(COOKIE) ?? '')
      expect((await enter(thief, person)).location).toBe('/admin')
      site.clock.advance(61)
      expect((await comeBack(owner, person)).location).toBe(login)
      expect((await thief.get('/admin')).location).toMatch(/^\/account\/login/)
      expect(await rowsOf(person)).toEqual([])
      expect((await eventsOf(person)).at(-1)).toMatchObject({
        event: 'trusted_browser_revoked',
        device: person.app?.persistentId,
        details: { because: 'old_token' },
      })
      expect(await queuedEmailsTo(database, person.email)).toContainEqual(
        expect.objectContaining({ mail: 'trusted-browser-copied' }),
      )
      expect(await failuresOf(person)).toBe(0)
    })

    it('does so regardless of how often the token has changed since', async () => {
      const person = await createTestUser(site)
      const owner = await trust(person)
      const stolen = owner.cookies.get(COOKIE) ?? ''
      await comeBack(owner, person)
      await comeBack(owner, person)
      site.clock.advance(61)
      const thief = site.browser()
      thief.cookies.set(COOKIE, stolen)
      expect((await enter(thief, person)).location).toBe(login)
      expect(await rowsOf(person)).toEqual([])
    })

    it('revokes nothing within a minute: the response to a double click could have been lost', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      const before = browser.cookies.get(COOKIE) ?? ''
      await comeBack(browser, person)
      const second = site.browser()
      second.cookies.set(COOKIE, before)
      site.clock.advance(60)
      expect((await enter(second, person)).location).toBe(login)
      expect(second.cookies.get(COOKIE)).toBe(before)
      expect(await rowsOf(person)).toHaveLength(1)
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })
  })

  describe('trust in a browser', () => {
    it('is not possible with a backup token', async () => {
      const person = await createTestUser(site, { backupTokens: 1 })
      const browser = site.browser()
      await enter(browser, person)
      const form = { otp_device: person.backup?.persistentId ?? '', otp_token: person.backupTokens[0] ?? '' }
      expect((await browser.post(login, { ...form, trust_browser: 'on' })).status).toBe(303)
      expect(browser.cookies.has(COOKIE)).toBe(false)
      const refused = await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      expect(refused).toMatchObject({ status: 422, code: 'policy' })
      expect(refused.text).toContain('can&#39;t be trusted for your account')
      expect(await rowsOf(person)).toEqual([])
    })

    it('is not possible on a strict site, and earlier trust does not apply', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      const strict = await startTestSite(database, { OTP_POLICY: 'strict' })
      strict.clock.set(site.clock.now())
      const visitor = strict.browser()
      for (const [name, value] of browser.cookies) visitor.cookies.set(name, value)
      expect((await visitor.get('/admin')).location).toMatch(/^\/account\/login/)
      visitor.cookies.delete('otp_session')
      expect((await visitor.post(login, { username: person.email, password: person.password })).location).toBe(login)
      expect((await visitor.get(login)).text).not.toContain('trust_browser')
      strict.clock.advance(30)
      site.clock.advance(30)
      await visitor.post(login, { otp_token: person.code(), trust_browser: 'on' })
      expect(await rowsOf(person)).toHaveLength(1)
      expect((await visitor.get(profile)).text).not.toContain('/browsers/')
      await strict.close()
    })

    it('is not possible for a member of a strict group', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      const { rows } = await database.pool.query(
        `insert into groups (name, otp_policy) values ('strict ' || $1, 'strict') returning id`,
        [person.id],
      )
      await database.pool.query('insert into user_groups (user_id, group_id) values ($1, $2)', [person.id, rows[0].id])
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
      expect((await comeBack(browser, person)).location).toBe(login)
      expect((await browser.get(login)).text).not.toContain('trust_browser')
    })

    it('is not possible if it is turned off, which is the default', async () => {
      const off = await startTestSite(database)
      const person = await createTestUser(off)
      const browser = off.browser()
      await browser.post(login, { username: person.email, password: person.password })
      expect((await browser.get(login)).text).not.toContain('trust_browser')
      await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      expect(browser.cookies.has(COOKIE)).toBe(false)
      expect(await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).toMatchObject({
        status: 422,
        code: 'policy',
      })
      expect(await rowsOf(person)).toEqual([])
      await off.close()
    })

    it('does not last if its device is of a kind that is turned off', async () => {
      const person = await createTestUser(site)
      await addEmail(site.otp, person.id)
      const browser = await trust(person)
      await database.pool.query(
        `update trusted_browsers set device = (select 'email/' || id from email_devices where user_id = $1) where user_id = $1`,
        [person.id],
      )
      expect((await comeBack(browser, person)).location).toBe(login)
    })
  })

  describe('trust ends', () => {
    const fresh = 'quite another passphrase'
    const boss = async () => signIn(site, await createTestUser(site, { superuser: true }))
    const act = (browser: HttpBrowser, table: string, id: number | undefined, action: string, form = {}) =>
      browser.post(`/admin/api/resources/${table}/records/${id}/${action}`, form)

    /** Some emails are made after the response. */
    const linkTo = (address: string, name: string) =>
      vi.waitFor(async () => {
        const mail = (await queuedEmailsTo(database, address)).find((each) => each.mail === name)
        if (!mail || !('link' in mail)) throw new Error(`There is no ${name} yet.`)
        return new URL(mail.link).pathname
      }, 100_000)

    const ways: Record<string, (person: TestUser) => Promise<unknown>> = {
      'with a changed password': async (person) =>
        (await signIn(site, person)).post('/account/password/change', {
          password: person.password,
          new_password: fresh,
        }),
      'with a new password set by a link': async (person) => {
        await site.browser().post('/account/password/forgot', { username: person.email })
        return site.browser().post(await linkTo(person.email, 'password-reset'), { password: fresh })
      },
      'with a changed email address': async (person) => {
        const email = `new.${person.email}`
        await (await signIn(site, person)).post('/account/email', { email, password: person.password })
        return site.browser().post(await linkTo(email, 'email-confirmation'))
      },
      'with an added device': async (person) => {
        const browser = await signIn(site, person)
        await browser.post(`${profile}/setup`, { method: 'totp' })
        const secret = secretOn(await browser.get(`${profile}/setup`))
        return browser.post(`${profile}/setup`, { otp_token: appCode(secret, site.clock.now()) })
      },
      'with a device added on the command line': (person) =>
        database.sequelize.transaction(async (transaction) => {
          const adding = { otp: site.otp, config: testConfig({}), transaction, user: person }
          await recordAddedDevice(adding, async () => {
            const added = await addTotpDevice(site.otp, transaction, { user: person, name: 'Second', confirmed: true })
            return { device: added.device, line: added.uri }
          })
        }),
      'with a device removed by its owner': async (person) =>
        (await signIn(site, person)).post(`${profile}/devices/${person.app?.persistentId}/remove`),
      'with two-factor authentication turned off by the owner': async (person) =>
        (await signIn(site, person)).post(`${profile}/disable`, { confirm: 'yes' }),
      'with two-factor authentication turned off on the command line': (person) =>
        database.sequelize.transaction((transaction) =>
          removeAllDevices(site.otp, transaction, {
            userId: person.id,
            client: noClient,
            by: 'command_line',
            actorId: null,
          }),
        ),
      'with a device disabled by an administrator': async (person) =>
        act(await boss(), 'totp_devices', person.app?.id, 'edit', { confirmed: 'false' }),
      'with a device deleted by an administrator': async (person) =>
        act(await boss(), 'totp_devices', person.app?.id, 'delete'),
      'with a reset by an administrator': async (person) => act(await boss(), 'users', person.id, 'resetSecondFactor'),
      'with sessions ended by an administrator': async (person) => act(await boss(), 'users', person.id, 'endSessions'),
      'with a deactivated account': async (person) =>
        act(await boss(), 'users', person.id, 'edit', { is_active: 'false' }),
      'with all sessions': async (person) => (await signIn(site, person)).post(`${profile}/sessions`),
      'with a device disabled after 100 wrong codes': async (person) => {
        await database.pool.query(`update totp_devices set failure_count = 99 where user_id = $1`, [person.id])
        const browser = site.browser()
        await enter(browser, person)
        return browser.post(login, { otp_token: '000000' })
      },
      'with a password changed by SQL': async (person) => {
        await database.pool.query(`update users set password_hash = password_hash || ' ' where id = $1`, [person.id])
      },
      'with an email address changed by SQL outside the search path': async (person) => {
        const byHand = `update public.users set email = 'by.hand.' || email where id = ${person.id}`
        await database.pool.query(`begin; set local search_path = pg_catalog; ${byHand}; commit`)
      },
    }

    it.each(Object.keys(ways))('%s', async (way) => {
      const person = await createTestUser(site, { staff: false })
      const browser = await trust(person)
      await comeBack(browser, person)
      expect(await rowsOf(person)).toHaveLength(1)
      await ways[way]?.(person)
      expect(await rowsOf(person)).toEqual([])
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
    })

    it('but not with a new set of backup tokens, another name, or a device that was never confirmed', async () => {
      const person = await createTestUser(site, { backupTokens: 1, staff: false })
      const browser = await trust(person)
      await database.sequelize.transaction((transaction) => generateBackupTokens(site.otp, transaction, person.id))
      await (await signIn(site, person)).post(`${profile}/devices/${person.app?.persistentId}/rename`, { name: 'New' })
      await database.sequelize.transaction((transaction) =>
        addTotpDevice(site.otp, transaction, { user: person, name: 'Half done', confirmed: false }),
      )
      expect((await comeBack(browser, person)).location).toBe(profile)
    })
  })

  describe('the list', () => {
    it('shows which browser, from where, since when and until when, and marks this one', async () => {
      const person = await createTestUser(site, { staff: false })
      const browser = await trust(person)
      await trust(
        person,
        site.browser(
          'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
        ),
      )
      const page = (await browser.get(profile)).text.split('Trusted browsers')[1] ?? ''
      expect(page).toMatch(/Firefox 139 on Linux[^]*This browser[^]*Safari 18 on macOS/)
      expect(page).toContain('127.0.0.1')
      expect(page).toMatch(/Trusted since [^<]*2026[^<]*UTC/)
      expect(page.match(/This browser/g)).toHaveLength(1)
    })

    it('revokes one, and the verification of its sessions', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      const elsewhere = await trust(person)
      const [{ id }] = await rowsOf(person)
      expect(await elsewhere.post(`${profile}/browsers/end`, { browser: String(id) })).toMatchObject({
        status: 303,
        location: `${profile}?done=browsers_ended`,
      })
      expect((await browser.get('/admin')).location).toMatch(/^\/account\/login/)
      expect((await elsewhere.get('/admin')).status).toBe(200)
      expect((await eventsOf(person)).at(-1)).toMatchObject({ event: 'trusted_browser_revoked' })
      // Within a few seconds the same form would count as the one that was sent before.
      site.clock.advance(20)
      expect(await elsewhere.post(`${profile}/browsers/end`, { browser: String(id) })).toMatchObject({ status: 404 })
    })

    it('revokes all of them', async () => {
      const person = await createTestUser(site)
      const [one, other] = [await trust(person), await trust(person)]
      expect((await one.post(`${profile}/browsers/end-all`)).status).toBe(303)
      expect(await rowsOf(person)).toEqual([])
      expect((await comeBack(one, person)).location).toBe(login)
      expect((await comeBack(other, person)).location).toBe(login)
    })

    it('keeps a session verified in which a token was entered since', async () => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      await comeBack(browser, person)
      site.clock.advance(30)
      await browser.post('/account/verify', { otp_token: person.code() })
      await browser.post(`${profile}/browsers/end-all`)
      expect((await browser.get('/admin')).status).toBe(200)
    })

    it.each(['', '0', 'x', '-1', '2147483648', "1' or '1'='1"])('revokes nothing for the ID %j', async (id) => {
      const person = await createTestUser(site)
      const browser = await trust(person)
      expect((await browser.post(`${profile}/browsers/end`, { browser: id })).status).toBeGreaterThanOrEqual(400)
      expect(await rowsOf(person)).toHaveLength(1)
    })

    it("does not revoke another user's", async () => {
      const [one, other] = [await createTestUser(site), await createTestUser(site)]
      await trust(one)
      const [{ id }] = await rowsOf(one)
      const browser = await trust(other)
      expect((await browser.post(`${profile}/browsers/end`, { browser: String(id) })).status).toBe(404)
      await browser.post(`${profile}/browsers/end-all`)
      expect(await rowsOf(one)).toHaveLength(1)
    })

    it('trusts this browser after a recent token, and notifies the owner by email', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      expect((await browser.get(profile)).text).toContain('Trust this browser for 30 days')
      expect(await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).toMatchObject({
        location: `${profile}?done=browser_trusted`,
      })
      expect((await browser.get(profile)).text).not.toContain('Trust this browser for 30 days')
      const until = new Date(site.clock.now().getTime() + 30 * DAY * 1000)
      expect(await queuedEmailsTo(database, person.email)).toContainEqual(
        expect.objectContaining({ mail: 'browser-trusted', until, browser: 'Firefox 139 on Linux' }),
      )
    })

    it('is only for users who signed in with password and token', async () => {
      const person = await createTestUser(site)
      const pending = site.browser()
      await enter(pending, person)
      for (const address of ['trust', 'end', 'end-all'])
        for (const browser of [pending, site.browser()])
          expect((await browser.post(`${profile}/browsers/${address}`, { trust_browser: 'on' })).location).toMatch(
            /^\/account\/login/,
          )
    })
  })
})
