import { describe, expect, it } from 'vitest'
import { useTrustedBrowsers } from '../support/trusted-browsers.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, signIn } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'
const DAY = 24 * 3600

describe('trusted browsers', () => {
  const { comeBack, enter, eventsOf, rowsOf, site, trust } = useTrustedBrowsers()

  describe('the list', () => {
    it('shows which browser, from where, since when and until when, and marks this one', async () => {
      const person = await createTestUser(site(), { staff: false })
      const browser = await trust(person)
      await trust(
        person,
        site().browser(
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
      const person = await createTestUser(site())
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
      site().clock.advance(20)
      expect(await elsewhere.post(`${profile}/browsers/end`, { browser: String(id) })).toMatchObject({ status: 404 })
    })

    it('revokes all of them', async () => {
      const person = await createTestUser(site())
      const [one, other] = [await trust(person), await trust(person)]
      expect((await one.post(`${profile}/browsers/end-all`)).status).toBe(303)
      expect(await rowsOf(person)).toEqual([])
      expect((await comeBack(one, person)).location).toBe(login)
      expect((await comeBack(other, person)).location).toBe(login)
    })

    it('keeps a session verified in which a token was entered since', async () => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      await comeBack(browser, person)
      site().clock.advance(30)
      await browser.post('/account/verify', { otp_token: person.code() })
      await browser.post(`${profile}/browsers/end-all`)
      expect((await browser.get('/admin')).status).toBe(200)
    })

    it.each(['', '0', 'x', '-1', '2147483648', "1' or '1'='1"])('revokes nothing for the ID %j', async (id) => {
      const person = await createTestUser(site())
      const browser = await trust(person)
      expect((await browser.post(`${profile}/browsers/end`, { browser: id })).status).toBeGreaterThanOrEqual(400)
      expect(await rowsOf(person)).toHaveLength(1)
    })

    it("does not revoke another user's", async () => {
      const [one, other] = [await createTestUser(site()), await createTestUser(site())]
      await trust(one)
      const [{ id }] = await rowsOf(one)
      const browser = await trust(other)
      expect((await browser.post(`${profile}/browsers/end`, { browser: String(id) })).status).toBe(404)
      await browser.post(`${profile}/browsers/end-all`)
      expect(await rowsOf(one)).toHaveLength(1)
    })

    it('trusts this browser after a recent token, and notifies the owner by email', async () => {
      const person = await createTestUser(site())
      const browser = await signIn(site(), person)
      expect((await browser.get(profile)).text).toContain('Trust this browser for 30 days')
      expect(await browser.post(`${profile}/browsers/trust`, { trust_browser: 'on' })).toMatchObject({
        location: `${profile}?done=browser_trusted`,
      })
      expect((await browser.get(profile)).text).not.toContain('Trust this browser for 30 days')
      const until = new Date(site().clock.now().getTime() + 30 * DAY * 1000)
      expect(await queuedEmailsTo(site().database, person.email)).toContainEqual(
        expect.objectContaining({ mail: 'browser-trusted', until, browser: 'Firefox 139 on Linux' }),
      )
    })

    it('is only for users who signed in with password and token', async () => {
      const person = await createTestUser(site())
      const pending = site().browser()
      await enter(pending, person)
      for (const address of ['trust', 'end', 'end-all'])
        for (const browser of [pending, site().browser()])
          expect((await browser.post(`${profile}/browsers/${address}`, { trust_browser: 'on' })).location).toMatch(
            /^\/account\/login/,
          )
    })
  })
})
