import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpBrowser } from '../support/http-browser.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { rename, stepUpSteps, VERIFY, verifyFor } from '../support/step-up-steps.js'

describe('a step-up', () => {
  let site: TestSite
  const { nameOf, stale } = stepUpSteps(() => site)
  beforeAll(async () => {
    site = await startJourney()
  })
  afterAll(() => site.close())

  describe('with several tabs', () => {
    const remove = (person: TestUser) => `/account/two-factor/devices/${person.app?.persistentId}/remove`
    const makeDefault = (person: TestUser) => `/account/two-factor/devices/${person.app?.persistentId}/default`
    const give = (browser: HttpBrowser, person: TestUser, next: string) => {
      site.clock.advance(30)
      return browser.post(VERIFY, { otp_token: person.code(), next })
    }

    it.each([
      ['asks for another page', (browser: HttpBrowser, person: TestUser) => browser.get(remove(person))],
      [
        'gives a token on the way to another page',
        (browser: HttpBrowser, person: TestUser) => give(browser, person, remove(person)),
      ],
      ['sends a form of its own', (browser: HttpBrowser, person: TestUser) => browser.post(makeDefault(person))],
      [
        'completes a form of its own',
        async (browser: HttpBrowser, person: TestUser) => {
          await browser.post(makeDefault(person))
          expect((await give(browser, person, makeDefault(person))).location).toContain('done=default_changed')
        },
      ],
      [
        'types the password again',
        (browser: HttpBrowser, person: TestUser) =>
          browser.post('/account/login', { username: person.email, password: person.password }),
      ],
    ])('completes the form of one tab, as its page says, after another tab %s', async (_what, other) => {
      const person = await createTestUser(site)
      const browser = await stale(person)
      await browser.post(rename(person), { name: 'From one tab' })
      await other(browser, person)
      expect((await browser.get(verifyFor(rename(person)))).text).toContain('then finish what you started')
      expect((await give(browser, person, rename(person))).location).toContain('done=renamed')
      expect(await nameOf(person)).toBe('From one tab')
    })

    describe('that submit a form to one path each', () => {
      const actionOf = (text: string) =>
        /action="(\/account\/verify[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      /** The page of a tab to which the form was redirected. */
      const openTab = async (browser: HttpBrowser, person: TestUser, name: string) => {
        const { location = '' } = await browser.post(rename(person), { name })
        const { text } = await browser.get(location)
        return { address: location, text, action: actionOf(text) }
      }
      const start = async () => {
        const person = await createTestUser(site)
        const browser = await stale(person)
        const tabs = [await openTab(browser, person, 'First tab'), await openTab(browser, person, 'Second tab')]
        return { person, browser, tabs }
      }
      const giveAt = (action: string, browser: HttpBrowser, person: TestUser) => {
        site.clock.advance(30)
        return browser.post(action, { otp_token: person.code(), next: rename(person) })
      }

      it.each([
        ['first', [0, 1]],
        ['second', [1, 0]],
      ])("completes each tab's own form, the %s tab's before the other", async (_which, order) => {
        const { person, browser, tabs } = await start()
        for (const index of order) {
          expect(tabs[index]?.text).toContain('then finish what you started')
          const done = await giveAt(tabs[index]?.action ?? '', browser, person)
          expect(done.location).toBe('/account/two-factor?done=renamed')
          expect(await nameOf(person)).toBe(['First tab', 'Second tab'][index])
        }
      })

      it("completes a tab's own form after a wrong token, and after a reload of the page", async () => {
        const { person, browser, tabs } = await start()
        const [first, second] = tabs
        const wrong = await browser.post(second?.action ?? '', { otp_token: '000000', next: rename(person) })
        expect(actionOf(wrong.text)).toBe(second?.action)
        expect(actionOf((await browser.get(first?.address ?? '')).text)).toBe(first?.action)
        expect(actionOf((await browser.get(second?.address ?? '')).text)).toBe(second?.action)
      })

      it('completes the form of one tab after the other has requested the page of the form again', async () => {
        const { person, browser, tabs } = await start()
        await browser.get(rename(person))
        expect((await browser.get(verifyFor(rename(person)))).text).not.toContain('then finish what you started')
        expect((await giveAt(tabs[0]?.action ?? '', browser, person)).location).toContain('done=renamed')
        expect(await nameOf(person)).toBe('First tab')
      })

      it('says so if a submitted form is no longer stored, and changes nothing', async () => {
        const { person, browser, tabs } = await start()
        for (const tab of [3, 4, 5, 6]) await browser.post(rename(person), { name: `Tab ${tab}` })
        const gone = await giveAt(tabs[0]?.action ?? '', browser, person)
        expect(gone).toMatchObject({ status: 303, location: '/account/two-factor?done=form_gone' })
        expect((await browser.get(gone.location ?? '')).text).toContain('We no longer have what you submitted')
        expect(await nameOf(person)).toBe('App')
      })

      it('completes no form of another session, under any name', async () => {
        const { person, tabs } = await start()
        const other = await signIn(site, person)
        const answer = await giveAt(tabs[1]?.action ?? '', other, person)
        expect(answer.location).toBe('/account/two-factor?done=form_gone')
        expect(await nameOf(person)).toBe('App')
      })
    })

    it('stores the five newest forms at most', async () => {
      const person = await createTestUser(site)
      const browser = await stale(person)
      const pages = Array.from({ length: 6 }, (_, index) => `${rename(person)}?tab=${index}`)
      for (const [index, page] of pages.entries()) await browser.post(page, { name: `Tab ${index}` })
      const texts = await Promise.all(pages.map(async (page) => (await browser.get(verifyFor(page))).text))
      const completes = texts.map((text) => text.includes('then finish what you started'))
      expect(completes).toEqual([false, true, true, true, true, true])
    })

    it('redirects to a page, not to an error, if another tab has signed out and in and the form is gone', async () => {
      const person = await createTestUser(site)
      const browser = await stale(person)
      await browser.post(makeDefault(person))
      await browser.post('/account/logout')
      expect(await give(browser, person, makeDefault(person))).toMatchObject({
        status: 302,
        location: '/account/login',
      })
      await signIn(site, person, browser)
      const answer = await give(browser, person, makeDefault(person))
      expect(answer).toMatchObject({ status: 303, location: '/account/two-factor' })
      expect((await browser.get(answer.location ?? '')).status).toBe(200)
    })
  })
})
