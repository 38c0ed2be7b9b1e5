import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purgeExpired } from '../../src/purge-expired.js'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

const second = Buffer.from('another secret, 20 b')

describe('a step-up', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney()
    database = site.database
  })
  afterAll(() => site.close())
  const verify = '/account/verify'
  const rename = (person: TestUser) => `/account/two-factor/devices/${person.app?.persistentId}/rename`
  const verifyFor = (address: string) => `${verify}?next=${encodeURIComponent(address)}`
  const nameOf = async (person: TestUser) =>
    (await database.pool.query('select name from totp_devices where user_id = $1 order by id', [person.id])).rows[0]
      .name
  const kept = async () => (await database.pool.query('select id, sealed from kept_requests')).rows
  const cookieOf = (browser: HttpBrowser) => browser.cookies.get('otp_session') ?? ''
  /** Signed in six minutes ago. */
  const stale = async (person: TestUser) => {
    const browser = await signIn(site, person)
    site.clock.advance(360)
    return browser
  }

  it('is not required within five minutes, and is required a second later', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    site.clock.advance(300)
    expect((await browser.get(rename(person))).status).toBe(200)
    site.clock.advance(1)
    expect(await browser.get(rename(person))).toMatchObject({ status: 302, location: verifyFor(rename(person)) })
  })

  it('redirects there and back under a new session ID, and the old one is not accepted', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const page = await browser.get(verifyFor(rename(person)))
    expect(page.text).toContain(`value="${rename(person)}"`)
    const old = cookieOf(browser)
    const next = rename(person)
    expect(await browser.post(verify, { otp_token: person.code(), next })).toMatchObject({
      status: 303,
      location: next,
    })
    expect(cookieOf(browser)).not.toBe(old)
    const thief = site.browser()
    thief.cookies.set('otp_session', old)
    expect((await thief.get('/admin')).status).toBe(302)
    expect((await browser.get(next)).status).toBe(200)
  })

  it('does not change the age of the session since its sign-in', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const began = async () => {
      const { rows } = await database.pool.query(
        `select sess ->> 'signedInAt' as at from sessions where sess ->> 'userId' = $1`,
        [String(person.id)],
      )
      return rows
    }
    const before = await began()
    await browser.post(verify, { otp_token: person.code() })
    expect(await began()).toEqual(before)
  })

  it('completes the submitted form', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const away = await browser.post(rename(person), { name: 'Kept name' })
    expect(away).toMatchObject({ status: 302, location: verifyFor(rename(person)) })
    expect(await nameOf(person)).toBe('App')
    const page = await browser.get(away.location ?? '')
    expect(page.text).toContain('then finish what you started')
    expect(page.text).not.toContain('Kept name')
    const done = await browser.post(verify, { otp_token: person.code(), next: rename(person) })
    expect(done).toMatchObject({ status: 303, location: '/account/two-factor?done=renamed' })
    expect(await nameOf(person)).toBe('Kept name')
  })

  it('stores the form encrypted, and not in the session', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Kept name' })
    const { rows } = await database.pool.query('select sess from sessions')
    const written = JSON.stringify([rows, await kept()]) + site.log.join('')
    expect(written).not.toContain('Kept name')
    expect(JSON.stringify(rows)).toContain((await kept())[0].id)
    await browser.post(verify, { otp_token: person.code(), next: rename(person) })
    expect(await kept()).toEqual([])
  })

  it('completes it after a rejection and another attempt', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Patience' })
    const next = rename(person)
    expect(await browser.post(verify, { otp_token: '', next })).toMatchObject({ status: 422, code: 'token_required' })
    const wrong = await browser.post(verify, { otp_token: '000000', next })
    expect(wrong).toMatchObject({ status: 422, code: 'invalid_token' })
    expect(wrong.text).toContain('then finish what you started')
    expect(await browser.post(verify, { otp_token: person.code(), next })).toMatchObject({ status: 429 })
    site.clock.advance(1)
    expect((await browser.post(verify, { otp_token: person.code(), next })).location).toContain('done=renamed')
    expect(await nameOf(person)).toBe('Patience')
  })

  it('completes it once: the same answer again changes nothing', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Once' })
    await browser.post(verify, { otp_token: person.code(), next: rename(person) })
    await database.pool.query(`update totp_devices set name = 'Other' where user_id = $1`, [person.id])
    site.clock.advance(30)
    const again = await browser.post(verify, { otp_token: person.code(), next: rename(person) })
    expect(again).toMatchObject({ status: 303, location: rename(person) })
    expect(await nameOf(person)).toBe('Other')
  })

  it('does not complete it from another session of the same user', async () => {
    const person = await createTestUser(site)
    const other = await signIn(site, person)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Elsewhere' })
    await other.post(verify, { otp_token: person.code(), next: rename(person) })
    expect(await nameOf(person)).toBe('App')
  })

  it('does not complete it after five minutes, and says so', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Too late' })
    site.clock.advance(300)
    const late = await browser.post(verify, { otp_token: person.code(), next: rename(person) })
    expect(late.location).toBe('/account/two-factor?done=too_late')
    expect((await browser.get(late.location ?? '')).text).toContain('nothing was changed')
    expect(await nameOf(person)).toBe('App')
  })

  it('deletes it after that, even if nobody comes back', async () => {
    const person = await createTestUser(site)
    await (await stale(person)).post(rename(person), { name: 'Forgotten' })
    await purgeExpired(site)
    expect(await kept()).toHaveLength(1)
    site.clock.advance(300)
    await purgeExpired(site)
    expect(await kept()).toEqual([])
  })

  it('does not complete it on the way to another page', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'By surprise' })
    const elsewhere = `/account/two-factor/devices/${person.app?.persistentId}/remove`
    await browser.get(elsewhere)
    expect((await browser.post(verify, { otp_token: person.code(), next: elsewhere })).location).toBe(elsewhere)
    expect(await nameOf(person)).toBe('App')
  })

  it('drops it when its own page is requested again', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Given up' })
    await browser.get(rename(person))
    expect((await browser.get(verifyFor(rename(person)))).text).not.toContain('then finish what you started')
    const answer = await browser.post(verify, { otp_token: person.code(), next: rename(person) })
    expect(answer).toMatchObject({ status: 303, location: rename(person) })
    expect(await nameOf(person)).toBe('App')
  })

  describe('with several tabs', () => {
    const remove = (person: TestUser) => `/account/two-factor/devices/${person.app?.persistentId}/remove`
    const makeDefault = (person: TestUser) => `/account/two-factor/devices/${person.app?.persistentId}/default`
    const give = (browser: HttpBrowser, person: TestUser, next: string) => {
      site.clock.advance(30)
      return browser.post(verify, { otp_token: person.code(), next })
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

  it('completes it once for two requests at once', async () => {
    const person = await createTestUser(site)
    const add = { user: person, name: 'Second', secret: second, confirmed: true }
    const { device } = await database.sequelize.transaction((transaction) => addTotpDevice(site.otp, transaction, add))
    const browser = await stale(person)
    await browser.post(rename(person), { name: 'Raced' })
    const twin = site.browser()
    twin.cookies.set('otp_session', cookieOf(browser))
    const next = rename(person)
    const codes = [
      { otp_device: person.app?.persistentId ?? '', otp_token: person.code() },
      { otp_device: device.persistentId, otp_token: generateHotp(second, timeStep(site.clock.now(), 30, 0), 6) },
    ]
    const answers = await Promise.all(
      [browser, twin].map((each, index) => each.post(verify, { ...codes[index], next })),
    )
    expect(answers.filter(({ location }) => location?.includes('done=renamed'))).toHaveLength(1)
    const { rows } = await database.pool.query(
      `select 1 from audit_events where user_id = $1 and event = 'device_renamed'`,
      [person.id],
    )
    expect(rows).toHaveLength(1)
  })

  it('stores no form larger than 16 kB, and no other body, and says so', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const big = await browser.post(rename(person), { name: 'x'.repeat(20_000) })
    expect(big).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(big.text).toContain('it contains files or is larger than 16 kB')
    expect(big.text).toContain(`href="${verifyFor(rename(person)).replaceAll('&', '&amp;')}"`)
    const headers = { 'Content-Type': 'application/json' }
    const json = await browser.visit(rename(person), { method: 'POST', body: '{"name":"x"}', headers })
    expect(json).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(await kept()).toEqual([])
  })

  it('is for verified users: others are redirected to the sign-in', async () => {
    const person = await createTestUser(site)
    const stranger = await site.browser().get(verifyFor('/account/two-factor'))
    expect(stranger).toMatchObject({ status: 302, location: '/account/login?next=%2Faccount%2Ftwo-factor' })
    const half = site.browser()
    await half.post('/account/login', { username: person.email, password: person.password })
    expect((await half.post(verify, { otp_token: person.code() })).location).toBe('/account/login')
    expect((await half.post(rename(person), { name: 'x' })).location).toMatch(/^\/account\/login/)
    expect(await kept()).toEqual([])
  })

  it('does not follow next to another site', async () => {
    const person = await createTestUser(site)
    const browser = await stale(person)
    const answer = await browser.post(verify, { otp_token: person.code(), next: '//evil.example' })
    expect(answer.location).toBe('/account/two-factor')
  })

  it("does not accept another user's device", async () => {
    const person = await createTestUser(site)
    const other = await createTestUser(site)
    const browser = await stale(person)
    const form = { otp_device: other.app?.persistentId ?? '', otp_token: person.code() }
    expect(await browser.post(verify, form)).toMatchObject({ status: 422, code: 'invalid_token' })
  })
})
