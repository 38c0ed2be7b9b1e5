import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { appCode } from '../support/authenticator.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone, storeCode, queuedCodes } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'

/** Tabs of one browser share its cookies, and each continues from the page that it shows. */
describe('several tabs during a sign-in', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_EMAIL: 'true' })
    // No worker sends anything here.
    site.auth.deliveryWait = 1
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const password = (browser: HttpBrowser, person: TestUser, next = '') =>
    browser.post(login, { username: person.email, password: person.password, next })
  const session = (browser: HttpBrowser) => browser.cookies.get('otp_session')
  const eventsOf = async ({ id }: TestUser) =>
    (await database.pool.query('select event from audit_events where user_id = $1 order by id', [id])).rows
  const isIn = async (browser: HttpBrowser) => (await browser.get('/admin')).status === 200
  const sessionsOf = async ({ id }: TestUser) =>
    (
      await database.pool.query(
        `select 1 from sessions where coalesce(sess ->> 'userId', sess -> 'pending' ->> 'userId') = $1`,
        [String(id)],
      )
    ).rows.length

  describe.each([
    ['an app', {}],
    ['backup tokens', { app: false, backupTokens: 2 }],
  ])('of a user with %s', (_what, traits) => {
    const start = async () => ({ person: await createTestUser(site, traits), browser: site.browser() })
    const token = (person: TestUser) => person.backupTokens[0] ?? person.code()
    const give = (browser: HttpBrowser, person: TestUser, next = '') =>
      browser.post(login, { otp_token: token(person), next })

    it.each(['the first', 'the second'])(
      'lets %s of two tabs finish after the password was entered in both',
      async (tab) => {
        const { person, browser } = await start()
        await password(browser, person, '/admin?first')
        await password(browser, person, '/admin?second')
        const next = `/admin?${tab.slice(4)}`
        expect(await give(browser, person, next)).toMatchObject({ status: 303, location: next })
        expect(await isIn(browser)).toBe(true)
        expect(await sessionsOf(person)).toBe(1)
      },
    )

    it('redirects the other tab to its page, and consumes no token', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await give(browser, person)
      const before = { events: await eventsOf(person), session: session(browser) }
      for (const form of [
        { otp_token: '000000' },
        { otp_token: '' },
        { otp_challenge: 'send', otp_device: 'email/1' },
        { otp_token: token(person), trust_browser: 'on' },
      ]) {
        const led = { status: 303, location: '/account/two-factor' }
        expect(await browser.post(login, { ...form, next: '/account/two-factor' })).toMatchObject(led)
        expect(await browser.post(login, form)).toMatchObject({ status: 303, location: '/admin' })
      }
      expect({ events: await eventsOf(person), session: session(browser) }).toEqual(before)
      expect(await isIn(browser)).toBe(true)
    })

    it('stays signed in when the password is entered in the other tab after that', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await give(browser, person)
      const before = session(browser)
      expect(await password(browser, person, '/account/two-factor')).toMatchObject({
        status: 303,
        location: '/account/two-factor',
      })
      expect(session(browser)).not.toBe(before)
      expect(await isIn(browser)).toBe(true)
      expect(await sessionsOf(person)).toBe(1)
    })

    it('stays signed in, and says so, when a wrong password is entered in the other tab', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await give(browser, person)
      const wrong = await browser.post(login, { username: person.email, password: 'wrong' })
      expect(wrong).toMatchObject({ status: 422, code: 'invalid_login' })
      expect(wrong.text).toContain(`signed in as ${person.email}`)
      expect(await isIn(browser)).toBe(true)
    })

    it('continues with the token after a wrong password in the other tab', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await browser.post(login, { username: person.email, password: 'wrong' })
      expect((await give(browser, person)).status).toBe(303)
      expect(await isIn(browser)).toBe(true)
    })

    it('says that the user is signed out after a sign-out in the other tab', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await browser.post('/account/logout')
      expect(await give(browser, person, '/admin?mine')).toMatchObject({ status: 422, code: 'login_expired' })
      expect(await isIn(browser)).toBe(false)
      expect((await password(browser, person)).location).toBe(login)
      expect((await give(browser, person)).status).toBe(303)
    })

    it('continues from an expired page once the password was entered again in the other tab', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      site.clock.advance(601)
      const late = await give(browser, person, '/admin?mine')
      expect(late).toMatchObject({ status: 422, code: 'login_expired' })
      expect(late.text).toContain('name="next" value="/admin?mine"')
      await password(browser, person)
      expect((await give(browser, person, '/admin?mine')).location).toBe('/admin?mine')
    })
  })

  it('keeps the code that one tab has requested when the password is entered again in the other', async () => {
    const person = await createTestUser(site, { app: false })
    const mailbox = await addEmail(site.otp, person.id)
    const browser = site.browser()
    await password(browser, person)
    const { rows } = await database.pool.query(
      `select sess -> 'challenge' ->> 'id' as id from sessions where sess -> 'pending' ->> 'userId' = $1`,
      [String(person.id)],
    )
    await storeCode(site.otp, mailbox, '314159', rows[0].id)
    await password(browser, person)
    expect((await browser.post(login, { otp_token: '314159' })).status).toBe(303)
    expect(await isIn(browser)).toBe(true)
  })

  it.each(['after the other tab', 'before the other tab'])(
    'accepts the code of one device %s has requested one from another device',
    async (when) => {
      const person = await createTestUser(site, { app: false })
      const devices = [await addPhone(site.otp, person.id), await addEmail(site.otp, person.id)]
      const browser = site.browser()
      await password(browser, person)
      for (const { persistentId } of devices)
        await browser.post(login, { otp_device: persistentId, otp_challenge: 'send' })
      const device = when.startsWith('after') ? devices[1] : devices[0]
      if (!device) throw new Error('There is no such device.')
      const [sent] = await queuedCodes(site.otp, device)
      const stranger = site.browser()
      await password(stranger, person)
      const form = { otp_device: device.persistentId, otp_token: sent?.code ?? '' }
      expect((await stranger.post(login, form)).code).toBe('invalid_token')
      site.clock.advance(1)
      expect(await browser.post(login, form)).toMatchObject({ status: 303 })
      expect(await isIn(browser)).toBe(true)
    },
  )

  it('selects the device that the newest code was requested from', async () => {
    const person = await createTestUser(site)
    const [phone, mailbox] = [await addPhone(site.otp, person.id), await addEmail(site.otp, person.id)]
    const browser = site.browser()
    await password(browser, person)
    for (const { persistentId } of [mailbox, phone]) {
      await browser.post(login, { otp_device: persistentId, otp_challenge: 'send' })
      expect((await browser.get(login)).text).toMatch(new RegExp(`value="${persistentId}"[^>]* checked`))
    }
  })

  it('does not keep a code for another user', async () => {
    const [one, other] = [await createTestUser(site, { app: false }), await createTestUser(site)]
    await addEmail(site.otp, one.id)
    const browser = site.browser()
    await password(browser, one)
    await password(browser, other)
    const { rows } = await database.pool.query(`select sess from sessions where sess -> 'pending' ->> 'userId' = $1`, [
      String(other.id),
    ])
    expect(rows).toHaveLength(1)
    expect(rows[0].sess).not.toHaveProperty('challenge')
  })

  it('starts over for another user, and says whose token it asks for', async () => {
    const [one, other] = [await createTestUser(site), await createTestUser(site)]
    const browser = await signIn(site, one)
    expect(await password(browser, other)).toMatchObject({ status: 303, location: login })
    expect((await browser.get(login)).text).toContain(other.email)
    expect(await isIn(browser)).toBe(false)
    expect(await sessionsOf(one)).toBe(0)
  })

  describe('setup', () => {
    const setup = '/account/two-factor/setup'
    const addPage = '/account/two-factor/email/add'
    const begin = async (traits = {}) => {
      const person = await createTestUser(site, { app: false, ...traits })
      const browser = site.browser()
      await password(browser, person)
      await browser.post(setup, { method: 'totp' })
      const { text } = await browser.get(setup)
      const key = /<code class="secret"[^>]*>([A-Z2-7 ]+)<\/code>/.exec(text)?.[1] ?? ''
      return { person, browser, key, sentForm: { method: 'totp', otp_token: appCode(key, site.clock.now()) } }
    }
    const failuresOf = async ({ id }: TestUser) =>
      (
        await database.pool.query(
          'select coalesce(sum(failure_count), 0)::int as n from email_devices where user_id = $1',
          [id],
        )
      ).rows[0].n

    it('of an app continues after another tab has begun to set up another method', async () => {
      const { person, browser, key, sentForm } = await begin()
      expect((await browser.post(addPage)).status).toBe(303)
      expect((await browser.get(setup)).text).toContain(key)
      expect(await browser.post(setup, sentForm)).toMatchObject({ status: 303, location: `${setup}/complete` })
      expect(await failuresOf(person)).toBe(0)
      expect((await browser.get(addPage)).text).toContain('name="otp_token"')
    })

    it('sends the method with the code, so that the page of an app is never taken for another one', async () => {
      const { browser } = await begin()
      expect((await browser.get(setup)).text).toContain('<input type="hidden" name="method" value="totp">')
    })

    it('of an app continues after another tab has finished another method', async () => {
      const { person, browser, sentForm } = await begin()
      await browser.post(addPage)
      const { rows } = await database.pool.query('select id from email_devices where user_id = $1', [person.id])
      const [sent] = await queuedCodes(site.otp, { kind: 'email', id: rows[0].id })
      expect(await browser.post(addPage, { otp_token: sent?.code ?? '' })).toMatchObject({
        status: 303,
        location: `${setup}/complete`,
      })
      expect(await browser.post(setup, sentForm)).toMatchObject({ status: 303, location: `${setup}/complete` })
    })
  })

  it('does not continue in a session older than a day', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    for (let hour = 0; hour < 23; hour += 1) {
      site.clock.advance(3000)
      await browser.get('/account/two-factor')
    }
    await password(browser, person)
    for (let hour = 0; hour < 6; hour += 1) {
      site.clock.advance(3000)
      await browser.get('/account/two-factor')
    }
    expect(await isIn(browser)).toBe(false)
  })
})
