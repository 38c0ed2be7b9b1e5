import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { Browser } from '../support/browse.js'
import { addMailbox, plantCode } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createPerson, type Person, signIn, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'

/** Tabs of one browser share its cookies, and each goes on from the page that it shows. */
describe.each(databaseKinds())('several tabs during a sign-in, on the %s database (DEV-R6)', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    site = await startTestSite(database, { OTP_EMAIL: 'true' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const password = (browser: Browser, person: Person, next = '') =>
    browser.post(login, { username: person.email, password: person.password, next })
  const session = (browser: Browser) => browser.cookies.get('otp_session')
  const eventsOf = async ({ id }: Person) =>
    (await database.pool.query('select event from audit_events where user_id = $1 order by id', [id])).rows
  const isIn = async (browser: Browser) => (await browser.get('/admin')).status === 200
  const sessionsOf = async ({ id }: Person) =>
    (
      await database.pool.query(
        `select 1 from sessions where coalesce(sess ->> 'userId', sess -> 'pending' ->> 'userId') = $1`,
        [String(id)],
      )
    ).rows.length

  describe.each([
    ['an app', {}],
    ['backup tokens', { app: false, backupTokens: 2 }],
  ])('of somebody with %s', (_what, traits) => {
    const start = async () => ({ person: await createPerson(site, traits), browser: site.browser() })
    const token = (person: Person) => person.backupTokens[0] ?? person.code()
    const give = (browser: Browser, person: Person, next = '') =>
      browser.post(login, { otp_token: token(person), next })

    it.each(['the first', 'the second'])(
      'lets %s of two tabs finish that have both typed the password',
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

    it('leads the other tab on to where it was going, and uses no token up', async () => {
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

    it('stays signed in when the other tab types the password after that', async () => {
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

    it('stays signed in, and says so, when the other tab types a wrong password', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await give(browser, person)
      const wrong = await browser.post(login, { username: person.email, password: 'wrong' })
      expect(wrong).toMatchObject({ status: 422, code: 'invalid_login' })
      expect(wrong.text).toContain(`signed in as ${person.email}`)
      expect(await isIn(browser)).toBe(true)
    })

    it('goes on with the token after a wrong password in the other tab', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await browser.post(login, { username: person.email, password: 'wrong' })
      expect((await give(browser, person)).status).toBe(303)
      expect(await isIn(browser)).toBe(true)
    })

    it('is told that it is signed out after a sign-out in the other tab', async () => {
      const { person, browser } = await start()
      await password(browser, person)
      await browser.post('/account/logout')
      expect(await give(browser, person, '/admin?mine')).toMatchObject({ status: 422, code: 'login_expired' })
      expect(await isIn(browser)).toBe(false)
      expect((await password(browser, person)).location).toBe(login)
      expect((await give(browser, person)).status).toBe(303)
    })

    it('goes on from a page that has expired once the other tab has typed the password again', async () => {
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

  it('keeps the code that one tab has asked for when the other types the password again', async () => {
    const person = await createPerson(site, { app: false })
    const mailbox = await addMailbox(site.otp, person.id)
    const browser = site.browser()
    await password(browser, person)
    const { rows } = await database.pool.query(
      `select sess -> 'challenge' ->> 'id' as id from sessions where sess -> 'pending' ->> 'userId' = $1`,
      [String(person.id)],
    )
    await plantCode(site.otp, mailbox, '314159', rows[0].id)
    await password(browser, person)
    expect((await browser.post(login, { otp_token: '314159' })).status).toBe(303)
    expect(await isIn(browser)).toBe(true)
  })

  it('does not keep a code for another person', async () => {
    const [one, other] = [await createPerson(site, { app: false }), await createPerson(site)]
    await addMailbox(site.otp, one.id)
    const browser = site.browser()
    await password(browser, one)
    await password(browser, other)
    const { rows } = await database.pool.query(`select sess from sessions where sess -> 'pending' ->> 'userId' = $1`, [
      String(other.id),
    ])
    expect(rows).toHaveLength(1)
    expect(rows[0].sess).not.toHaveProperty('challenge')
  })

  it('begins afresh for another person, and says whose token it asks for', async () => {
    const [one, other] = [await createPerson(site), await createPerson(site)]
    const browser = await signIn(site, one)
    expect(await password(browser, other)).toMatchObject({ status: 303, location: login })
    expect((await browser.get(login)).text).toContain(other.email)
    expect(await isIn(browser)).toBe(false)
    expect(await sessionsOf(one)).toBe(0)
  })

  it('does not make a session older than a day go on', async () => {
    const person = await createPerson(site)
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
