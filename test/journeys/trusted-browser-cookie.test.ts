import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { TRUSTED_COOKIE, useTrustedBrowsers } from '../support/trusted-browsers.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, startTestSite } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'

describe('trusted browsers', () => {
  const { comeBack, enter, eventsOf, failuresOf, rowsOf, site, trust } = useTrustedBrowsers()

  describe('the cookie', () => {
    it('is HttpOnly, Lax, of the whole site, and lasts as long as the trust', async () => {
      const person = await createTestUser(site())
      const browser = site().browser()
      await enter(browser, person)
      const answer = await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      const line = answer.headers['set-cookie']?.find((each) => each.startsWith(`${TRUSTED_COOKIE}=`))
      expect(line).toMatch(/^otp_trusted=[\w-]{22}\.[\w-]{43}; Max-Age=2592000; Path=\/; .*HttpOnly; SameSite=Lax$/)
    })

    it('is Secure and of this host alone if the site uses https', async () => {
      const https = await startTestSite(site().database, {
        TRUST_BROWSER_DAYS: '30',
        BASE_URL: 'https://admin.example.com',
      })
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
      const person = await createTestUser(site())
      const form = new URLSearchParams({ username: person.email, password: person.password }).toString()
      const headers = {
        Cookie: Buffer.from(`${TRUSTED_COOKIE}=${value}`).toString('latin1'),
        'Content-Type': 'application/x-www-form-urlencoded',
      }
      const browser = site().browser()
      const answer = await browser.visit(login, { method: 'POST', body: form, headers })
      expect(answer).toMatchObject({ status: 303, location: login })
      expect(String(answer.headers['set-cookie'])).toContain(`${TRUSTED_COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970`)
      expect(await failuresOf(person)).toBe(0)
      expect((await browser.post(login, { otp_token: person.code() })).location).toBe('/admin')
    })

    it('of another user asks for a code, and stays theirs', async () => {
      const [one, other] = [await createTestUser(site()), await createTestUser(site())]
      const browser = await trust(one)
      expect((await comeBack(browser, other)).location).toBe(login)
      expect((await comeBack(browser, one)).location).toBe('/admin')
      expect(await failuresOf(other)).toBe(0)
    })

    it('is shared by the users of one browser, at most five', async () => {
      const browser = site().browser()
      const people: TestUser[] = []
      for (let count = 0; count < 6; count += 1) {
        const person = await createTestUser(site())
        browser.cookies.delete('otp_session')
        await trust(person, browser)
        people.push(person)
      }
      const [first, ...others] = people
      for (const person of others) expect((await comeBack(browser, person)).location).toBe('/admin')
      expect(first && (await comeBack(browser, first)).location).toBe(login)
      expect((browser.cookies.get(TRUSTED_COOKIE) ?? '').length).toBeLessThan(400)
    })

    it('holds one trust for each user, the newest', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      const [before] = await rowsOf(person)
      expect((await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).status).toBe(303)
      expect(await rowsOf(person)).toMatchObject([{ id: expect.not.toBeOneOf([before.id]) }])
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })

    it('is in no table: only its keyed hash is stored, and an older key still verifies it', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      const [series = '', token = ''] = (browser.cookies.get(TRUSTED_COOKIE) ?? '').split('.')
      const written =
        JSON.stringify(await rowsOf(person)) + JSON.stringify(await eventsOf(person)) + site().log.join('')
      expect(written).not.toContain(series)
      expect(written).not.toContain(token)
      const older = createKeyring([Buffer.alloc(32, 9)])
      await site().database.pool.query(
        'update trusted_browsers set series_hash = $2, token_hash = $3 where user_id = $1',
        [person.id, older.hash('trusted_browsers.series', series), older.hash('trusted_browsers.token', token)],
      )
      expect((await comeBack(browser, person)).location).toBe(login)
      const rotated = await startTestSite(site().database, { TRUST_BROWSER_DAYS: '30' }, [
        Buffer.alloc(32, 7),
        Buffer.alloc(32, 9),
      ])
      const again = rotated.browser()
      again.cookies.set(TRUSTED_COOKIE, `${series}.${token}`)
      expect((await again.post(login, { username: person.email, password: person.password })).location).toBe('/admin')
      await rotated.close()
    })
  })

  describe('a token that was used before', () => {
    it('redirects to the token step, revokes the trust, and is recorded and emailed', async () => {
      const person = await createTestUser(site())
      const owner = await trust(person)
      const thief = site().browser()
      thief.cookies.set(TRUSTED_COOKIE, owner.cookies.get(TRUSTED_COOKIE) ?? '')
      expect((await enter(thief, person)).location).toBe('/admin')
      site().clock.advance(61)
      expect((await comeBack(owner, person)).location).toBe(login)
      expect((await thief.get('/admin')).location).toMatch(/^\/account\/login/)
      expect(await rowsOf(person)).toEqual([])
      expect((await eventsOf(person)).at(-1)).toMatchObject({
        event: 'trusted_browser_revoked',
        device: person.app?.persistentId,
        details: { because: 'old_token' },
      })
      expect(await queuedEmailsTo(site().database, person.email)).toContainEqual(
        expect.objectContaining({ mail: 'trusted-browser-copied' }),
      )
      expect(await failuresOf(person)).toBe(0)
    })

    it('does so regardless of how often the token has changed since', async () => {
      const person = await createTestUser(site())
      const owner = await trust(person)
      const stolen = owner.cookies.get(TRUSTED_COOKIE) ?? ''
      await comeBack(owner, person)
      await comeBack(owner, person)
      site().clock.advance(61)
      const thief = site().browser()
      thief.cookies.set(TRUSTED_COOKIE, stolen)
      expect((await enter(thief, person)).location).toBe(login)
      expect(await rowsOf(person)).toEqual([])
    })

    it('revokes nothing within a minute: the response to a double click could have been lost', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      const before = browser.cookies.get(TRUSTED_COOKIE) ?? ''
      await comeBack(browser, person)
      const second = site().browser()
      second.cookies.set(TRUSTED_COOKIE, before)
      site().clock.advance(60)
      expect((await enter(second, person)).location).toBe(login)
      expect(second.cookies.get(TRUSTED_COOKIE)).toBe(before)
      expect(await rowsOf(person)).toHaveLength(1)
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })
  })
})
