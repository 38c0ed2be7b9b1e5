import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Database } from '../../src/db/connect.js'
import { type DeliveringSite, startDeliveringJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { type SmtpServer } from '../support/smtp-server.js'

describe("the pages of a person's own account", () => {
  let database: Database
  let site: DeliveringSite
  let smtp: SmtpServer
  beforeAll(async () => {
    site = await startDeliveringJourney()
    database = site.database
    smtp = site.smtp
  })
  afterAll(() => site.close())
  const profile = '/account/two-factor'
  const cookieOf = (browser: ReturnType<TestSite['browser']>) => browser.cookies.get('otp_session') ?? ''

  describe('sessions', () => {
    const handles = (text: string) =>
      [...text.matchAll(/name="session" value="([^"]+)"/g)].map(([, handle]) => handle ?? '')

    it('lists sessions with browser, IP address and last use, and marks the current one', async () => {
      const person = await createTestUser(site)
      await signIn(
        site,
        person,
        site.browser('Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0'),
      )
      const browser = await signIn(site, person)
      const { text } = await browser.get(profile)
      const [, mine = '', other = ''] = text.slice(text.indexOf('Where you&#39;re signed in')).split('<h3>')
      expect(mine).toContain('Firefox 139 on Linux')
      expect(mine).toContain('This browser')
      expect(other).toContain('Firefox 140 on macOS')
      expect(other).toContain('127.0.0.1')
      expect(other).toMatch(/Signed in \d+ Mar 2026, [\d:]+ UTC/u)
      expect(other).toMatch(/Last seen \d+ \w+ \d{4}, [\d:]+ UTC/u)
      expect(other).not.toContain('This browser')
    })

    it('shows sessions without an ID that opens them', async () => {
      const person = await createTestUser(site)
      const other = await signIn(site, person)
      const browser = await signIn(site, person)
      const { text } = await browser.get(profile)
      const { rows } = await database.pool.query(`select sid from sessions where sess ->> 'userId' = $1`, [
        String(person.id),
      ])
      expect(rows).toHaveLength(2)
      for (const { sid } of rows) expect(text).not.toContain(sid)
      expect(text).not.toContain(cookieOf(other))
    })

    it('ends sessions one by one', async () => {
      const person = await createTestUser(site)
      const other = await signIn(site, person)
      const third = await signIn(site, person)
      const browser = await signIn(site, person)
      const [handle = ''] = handles((await browser.get(profile)).text)
      const ended = await browser.post(`${profile}/sessions/end`, { session: handle })
      expect(ended).toMatchObject({ status: 303, location: `${profile}?done=session_ended` })
      const alive = await Promise.all([other, third, browser].map((each) => each.get('/admin')))
      expect(alive.filter(({ status }) => status === 302)).toHaveLength(1)
      expect(alive[2]?.status).toBe(200)
      // Within a few seconds the same form would count as the one that was sent before.
      site.clock.advance(20)
      expect((await browser.post(`${profile}/sessions/end`, { session: handle })).status).toBe(404)
    })

    it("does not find another user's session", async () => {
      const victim = await signIn(site, await createTestUser(site))
      const { rows } = await database.pool.query('select sid from sessions')
      const browser = await signIn(site, await createTestUser(site))
      const keys = createKeyring([Buffer.alloc(32, 7)])
      for (const { sid } of rows)
        for (const session of [sid, keys.hash('sessions.sid', sid)])
          expect((await browser.post(`${profile}/sessions/end`, { session })).status).toBe(404)
      expect((await victim.get('/admin')).status).toBe(200)
    })

    it('ends all other sessions, including one between password and token, and gives this one a new ID', async () => {
      const person = await createTestUser(site)
      const other = await signIn(site, person)
      const pending = site.browser()
      await pending.post('/account/login', { username: person.email, password: person.password })
      const browser = await signIn(site, person)
      const old = cookieOf(browser)
      const done = await browser.post(`${profile}/sessions/others`)
      expect(done).toMatchObject({ status: 303, location: `${profile}?done=sessions_ended` })
      expect(cookieOf(browser)).not.toBe(old)
      expect((await browser.get('/admin')).status).toBe(200)
      expect((await other.get('/admin')).status).toBe(302)
      site.clock.advance(30)
      expect((await pending.post('/account/login', { otp_token: person.code() })).code).toBe('login_expired')
      expect(handles((await browser.get(profile)).text)).toEqual([])
    })
  })

  describe('the password', () => {
    const change = '/account/password/change'
    const fresh = 'several fresh words'

    it('changes with the current password, and ends all other sessions', async () => {
      const person = await createTestUser(site)
      const other = await signIn(site, person)
      const browser = await signIn(site, person)
      const old = cookieOf(browser)
      expect((await browser.get(change)).status).toBe(200)
      const done = await browser.post(change, { password: person.password, new_password: fresh })
      expect(done).toMatchObject({ status: 303, location: `${profile}?done=password_changed` })
      expect(cookieOf(browser)).not.toBe(old)
      expect((await browser.get('/admin')).status).toBe(200)
      expect((await other.get('/admin')).status).toBe(302)
      const again = site.browser()
      const wrong = await again.post('/account/login', { username: person.email, password: person.password })
      expect(wrong.code).toBe('invalid_login')
      expect((await again.post('/account/login', { username: person.email, password: fresh })).status).toBe(303)
    })

    it.each([
      ['wrong', fresh, 'invalid_password'],
      ['', fresh, 'invalid_password'],
      ['correct horse battery', 'short', 'password_too_short'],
      ['correct horse battery', 'password123', 'password_too_common'],
    ])('rejects a change from %j to %j', async (password, wanted, code) => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const refused = await browser.post(change, { password, new_password: wanted })
      expect(refused).toMatchObject({ status: 422, code })
      expect(refused.text).not.toContain(`value="${wanted}"`)
      const login = { username: person.email, password: person.password }
      expect((await site.browser().post('/account/login', login)).status).toBe(303)
    })

    it('counts incorrect passwords in an open session for the user, from any IP address', async () => {
      const limited = await startTestSite(database, { LOGIN_ADDRESS_LIMIT: '5' })
      const person = await createTestUser(limited)
      const browser = await signIn(limited, person)
      for (let index = 0; index < 5; index += 1)
        expect((await browser.post(change, { password: `wrong ${index}`, new_password: fresh })).code).toBe(
          'invalid_password',
        )
      const answer = await browser.post(change, { password: person.password, new_password: fresh })
      expect(answer).toMatchObject({ status: 429, code: 'too_many_requests' })
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      await limited.close()
    })

    it('is stored encrypted during a step-up, and changed after it', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      site.clock.advance(301)
      await browser.post(change, { password: person.password, new_password: fresh })
      const { rows } = await database.pool.query(
        'select sess::text as text from sessions union all select sealed from kept_requests',
      )
      expect(JSON.stringify(rows) + site.log.join('')).not.toContain(fresh)
      const done = await browser.post('/account/verify', { otp_token: person.code(), next: change })
      expect(done.location).toBe(`${profile}?done=password_changed`)
      expect((await browser.get('/admin')).status).toBe(200)
    })
  })

  describe('the email address', () => {
    const address = '/account/email'
    let count = 0
    const newAddress = () => `new${(count += 1)}@example.com`
    const emailOf = async (person: TestUser) =>
      (await database.pool.query('select email from users where id = $1', [person.id])).rows[0].email
    const linkIn = (text = '') => /\/account\/email\/confirm\/[\w-]+/.exec(text)?.[0] ?? ''

    const ask = async (person: TestUser, email: string) => {
      const browser = await signIn(site, person)
      const toNew = smtp.arrival(email)
      const toOld = smtp.arrival(person.email)
      const done = await browser.post(address, { email, password: person.password })
      expect(done).toMatchObject({ status: 303, location: `${profile}?done=email_requested` })
      return { browser, confirmation: await toNew, notice: await toOld }
    }

    it('changes when the link sent to the new one is followed, and notifies the old one twice', async () => {
      const person = await createTestUser(site)
      const email = newAddress()
      const { browser, confirmation, notice } = await ask(person, email)
      expect(notice.subject).toContain('request to change your email address')
      expect(notice.text).toContain(email)
      expect(linkIn(notice.text)).toBe('')
      const link = linkIn(confirmation.text)
      expect(await emailOf(person)).toBe(person.email)
      const stranger = site.browser()
      expect((await stranger.get(link)).text).toContain(email)
      expect(await emailOf(person)).toBe(person.email)
      const changed = smtp.arrival(person.email)
      expect((await browser.post(link)).location).toBe(`${profile}?done=email_changed`)
      expect((await changed).subject).toContain('your email address was changed')
      expect(await emailOf(person)).toBe(email)
      site.clock.advance(16)
      expect(await browser.post(link)).toMatchObject({ status: 404, code: 'link_invalid' })
    })

    it('is confirmed in a browser that is not signed in as well, and does not sign it in', async () => {
      const person = await createTestUser(site)
      const email = newAddress()
      const { confirmation } = await ask(person, email)
      const stranger = site.browser()
      const done = await stranger.post(linkIn(confirmation.text))
      expect(done.status).toBe(200)
      expect(stranger.cookies.size).toBe(0)
      expect(await emailOf(person)).toBe(email)
    })

    it('does not change a day later, after a newer request, or after all sessions were ended', async () => {
      const late = await createTestUser(site)
      const one = await ask(late, newAddress())
      site.clock.advance(24 * 3600)
      expect((await site.browser().post(linkIn(one.confirmation.text))).code).toBe('link_invalid')

      const twice = await createTestUser(site)
      const first = await ask(twice, newAddress())
      const second = await ask(twice, newAddress())
      expect((await site.browser().post(linkIn(first.confirmation.text))).code).toBe('link_invalid')
      await second.browser.post(`${profile}/sessions/others`)
      expect((await site.browser().post(linkIn(second.confirmation.text))).code).toBe('link_invalid')
      expect(await emailOf(twice)).toBe(twice.email)
    })

    it('stays the same if another user has the new one, and the response does not reveal that', async () => {
      const other = await createTestUser(site)
      const person = await createTestUser(site)
      const { confirmation } = await ask(person, other.email)
      const answer = await site.browser().post(linkIn(confirmation.text))
      expect(answer).toMatchObject({ status: 404, code: 'link_invalid' })
      expect(await emailOf(person)).toBe(person.email)
    })

    it('changes once for two requests at once', async () => {
      const person = await createTestUser(site)
      const email = newAddress()
      const { confirmation } = await ask(person, email)
      const link = linkIn(confirmation.text)
      const answers = await Promise.all(['One/1', 'Other/1'].map((name) => site.browser(name).post(link)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(answers.filter(({ code }) => code === 'link_invalid')).toHaveLength(1)
    })

    it.each(['', 'ada', 'ada@', 'a b@example.com', 'a@b.c, d@e.f', 'ada@example.com\r\nBcc: x@y.z'])(
      'rejects %j',
      async (email) => {
        const person = await createTestUser(site)
        const browser = await signIn(site, person)
        const refused = await browser.post(address, { email, password: person.password })
        expect(refused).toMatchObject({ status: 422, code: 'email_invalid' })
      },
    )

    it('does not change without the password', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const refused = await browser.post(address, { email: newAddress(), password: 'wrong' })
      expect(refused).toMatchObject({ status: 422, code: 'invalid_password' })
    })

    it('leaves the secret of the link neither in the database nor in the log', async () => {
      const person = await createTestUser(site)
      const { confirmation } = await ask(person, newAddress())
      const link = linkIn(confirmation.text)
      await site.browser().get(link)
      const secret = link.split('/').at(-1) ?? '-'
      const { rows } = await database.pool.query('select * from one_time_links')
      expect(secret).toHaveLength(43)
      expect(JSON.stringify(rows) + site.log.join('')).not.toContain(secret)
    })
  })
})
