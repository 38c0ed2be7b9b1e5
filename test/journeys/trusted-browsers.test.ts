import { describe, expect, it } from 'vitest'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse } from '../support/http-browser.js'
import { TRUSTED_COOKIE, useTrustedBrowsers } from '../support/trusted-browsers.js'
import { createTestUser, signIn, startTestSite } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'
const DAY = 24 * 3600

describe('trusted browsers', () => {
  const { comeBack, enter, failuresOf, namesOf, rowsOf, site, trust } = useTrustedBrowsers()
  const secretOn = ({ text }: HttpResponse) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''

  describe('the checkbox', () => {
    it('is in the token step, not selected, and says for how long', async () => {
      const browser = site().browser()
      await enter(browser, await createTestUser(site()))
      const page = (await browser.get(login)).text
      expect(page).toMatch(/<input type="checkbox" name="trust_browser" value="on"[^>]*>/)
      expect(page).not.toMatch(/name="trust_browser"[^>]* checked/)
      expect(page).toContain('ask again in this browser for 30 days')
    })

    it('stays as it was when the form is shown again after a wrong code', async () => {
      const browser = site().browser()
      await enter(browser, await createTestUser(site()))
      const refused = await browser.post(login, { otp_token: '000000', trust_browser: 'on' })
      expect(refused).toMatchObject({ status: 422, code: 'invalid_token' })
      expect(refused.text).toMatch(/name="trust_browser"[^>]* checked/)
      expect(browser.cookies.has(TRUSTED_COOKIE)).toBe(false)
    })

    it('is in no form of a backup token, and not in a step-up', async () => {
      const person = await createTestUser(site(), { backupTokens: 1 })
      const browser = site().browser()
      await enter(browser, person)
      expect((await browser.get(login)).text.match(/trust_browser/g)).toHaveLength(1)
      await signIn(site(), person, browser)
      expect((await browser.get('/account/verify')).text).not.toContain('trust_browser')
    })

    it('trusts no browser if it is not selected', async () => {
      const person = await createTestUser(site())
      const browser = await signIn(site(), person)
      expect(browser.cookies.has(TRUSTED_COOKIE)).toBe(false)
      expect(await rowsOf(person)).toEqual([])
    })

    it('is also at the end of the setup, and the first device can trust the browser there', async () => {
      const person = await createTestUser(site(), { app: false })
      const browser = site().browser()
      await enter(browser, person)
      await browser.post(`${profile}/setup`, { method: 'totp' })
      const secret = secretOn(await browser.get(`${profile}/setup`))
      const done = await browser.post(`${profile}/setup`, { otp_token: appCode(secret, site().clock.now()) })
      expect((await browser.get(done.location ?? '')).text).toContain('name="trust_browser"')
      const on = await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on', next: '/admin' })
      expect(on).toMatchObject({ status: 303, location: '/admin' })
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })

    it('continues from the setup if it is not selected, at any time', async () => {
      const person = await createTestUser(site())
      const browser = await signIn(site(), person)
      site().clock.advance(600)
      const on = await browser.post(`${profile}/browsers/trust`, { next: '/admin' })
      expect(on).toMatchObject({ status: 303, location: '/admin' })
      expect(await rowsOf(person)).toEqual([])
    })
  })

  describe('the next sign-in', () => {
    it('accepts the password alone, opens the panel, and changes the token', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      const before = browser.cookies.get(TRUSTED_COOKIE)
      expect(await comeBack(browser, person)).toMatchObject({ status: 303, location: '/admin' })
      expect((await browser.get('/admin')).status).toBe(200)
      expect(browser.cookies.get(TRUSTED_COOKIE)).not.toBe(before)
      expect((await comeBack(browser, person)).location).toBe('/admin')
      expect(await namesOf(person)).toEqual(
        expect.arrayContaining(['browser_trusted', 'trusted_browser_used', 'trusted_browser_used']),
      )
    })

    it('emits an event, as the trust did', async () => {
      const person = await createTestUser(site())
      const emitted: object[] = []
      const stop = [
        site().otp.events.on('browserTrusted', (event) => void emitted.push(event)),
        site().otp.events.on('signedIn', (event) => void emitted.push(event)),
      ]
      await comeBack(await trust(person), person)
      const device = person.app?.persistentId
      const expiresAt = new Date(site().clock.now().getTime() + 30 * DAY * 1000)
      expect(emitted).toMatchObject([
        { userId: person.id, device, expiresAt },
        { userId: person.id, device, how: 'token' },
        { userId: person.id, device, how: 'trusted_browser' },
      ])
      for (const each of stop) each()
    })

    it('follows next, and accepts a token in the same form as before', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      browser.cookies.delete('otp_session')
      const form = { username: person.email, password: person.password }
      expect((await browser.post(login, { ...form, next: '/admin/resources/users' })).location).toBe(
        '/admin/resources/users',
      )
      site().clock.advance(30)
      const both = await site()
        .browser()
        .post(login, { ...form, otp_token: person.code(), trust_browser: 'on' })
      expect(both.location).toBe('/admin')
      expect(await rowsOf(person)).toHaveLength(2)
    })

    it('still requires the correct password', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      browser.cookies.delete('otp_session')
      const wrong = await browser.post(login, { username: person.email, password: 'wrong' })
      expect(wrong).toMatchObject({ status: 422, code: 'invalid_login' })
      expect((await browser.get('/admin')).status).toBe(302)
    })

    it('does not count as a recent token: changing devices requires one', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      await comeBack(browser, person)
      expect((await browser.get(`${profile}/setup`)).location).toMatch(/^\/account\/verify\?next=/)
      expect((await browser.post('/account/password/change', { password: 'x' })).location).toMatch(/^\/account\/verify/)
      site().clock.advance(30)
      const next = `${profile}/setup`
      expect(await browser.post('/account/verify', { otp_token: person.code(), next })).toMatchObject({
        location: next,
      })
      expect((await browser.get(`${profile}/setup`)).status).toBe(200)
    })

    it('does not extend the trust: the days count from the code', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      site().clock.advance(29 * DAY)
      expect((await comeBack(browser, person)).location).toBe('/admin')
      const refused = await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })
      expect(refused.location).toMatch(/^\/account\/verify/)
      site().clock.advance(DAY)
      expect((await comeBack(browser, person)).location).toBe(login)
      expect(browser.cookies.has(TRUSTED_COOKIE)).toBe(false)
      expect((await browser.get(login)).text).toContain('name="otp_token"')
    })

    it('asks for a code if no browser can be trusted: fewer days, or none, apply at once', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      site().clock.advance(8 * DAY)
      await comeBack(browser, person)
      for (const days of ['7', '0']) {
        const other = await startTestSite(site().database, { TRUST_BROWSER_DAYS: days })
        other.clock.set(site().clock.now())
        const visitor = other.browser()
        for (const [name, value] of browser.cookies) visitor.cookies.set(name, value)
        expect((await visitor.get('/admin')).location).toMatch(/^\/account\/login/)
        visitor.cookies.delete('otp_session')
        expect((await visitor.post(login, { username: person.email, password: person.password })).location).toBe(login)
        await other.close()
      }
    })

    it('signs in while wrong codes of an attacker lock account and device', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      const stranger = site().browser()
      await enter(stranger, person)
      await stranger.post(login, { otp_token: '000000' })
      expect((await comeBack(browser, person)).location).toBe('/admin')
      await site().database.pool.query('update users set token_failed_at = $2 where id = $1', [
        person.id,
        Array.from({ length: 10 }, () => site().clock.now()),
      ])
      expect((await stranger.post(login, { otp_token: person.code() })).status).toBe(429)
      expect((await comeBack(browser, person)).location).toBe('/admin')
    })

    it('does not change the failures of the device', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      const stranger = site().browser()
      await enter(stranger, person)
      await stranger.post(login, { otp_token: '000000' })
      site().clock.advance(2)
      await comeBack(browser, person)
      expect(await failuresOf(person)).toBe(1)
    })
  })
})
