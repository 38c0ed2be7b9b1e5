import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSite } from '../security/open-site.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

const profile = '/account/two-factor'
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36'

let site: TestSite
beforeAll(async () => void (site = await openSite()))
afterAll(() => site.close())

/** Someone else who knows the password, and guesses codes. */
async function guess(person: TestUser, times: number): Promise<void> {
  const thief = site.browser(CHROME)
  await thief.post('/account/login', { username: person.email, password: person.password })
  for (let tries = 0; tries < times; tries += 1) {
    site.clock.advance(10)
    const answer = await thief.post('/account/login', { otp_token: '000000' })
    expect(answer.code).toBe('invalid_token')
  }
}

/** Other activity of this account, which nobody requested. */
async function flood(person: TestUser, event: string, count: number, details: object = {}): Promise<void> {
  await site.database.pool.query(
    `insert into audit_events (event, at, user_id, address, browser, details)
    select $1, $2, $3, '203.0.113.9', 'Edge', $4 from generate_series(1, $5::int)`,
    [event, site.clock.now(), person.id, details, count],
  )
}

const noticeIn = (text: string) => /<div class="due" role="status">\s*<p>([^<]*)</.exec(text)?.[1]

describe("rejected attempts at a user's second factor", () => {
  it('are shown once after the next sign-in, with what the person can do', async () => {
    const person = await createTestUser(site)
    await signIn(site, person)
    await guess(person, 2)
    const browser = await signIn(site, person)
    const page = await browser.get(profile)
    expect(noticeIn(page.text)).toMatch(
      /^Since your last sign-in, 2 codes were rejected .* UTC from Chrome 140 on Windows/,
    )
    expect((await browser.get('/account/logout')).text).toContain('refused-tries')
    const answer = await browser.post(`${profile}/refused-tries`, { answer: 'not_mine' })
    expect(answer).toMatchObject({ status: 303, location: '/account/password/change' })
    expect(noticeIn((await browser.get(profile)).text)).toBeUndefined()
    expect(noticeIn((await (await signIn(site, person)).get(profile)).text)).toBeUndefined()
  })

  it('are also shown in the panel, and remain through a step-up until the person answers', async () => {
    const person = await createTestUser(site)
    await signIn(site, person)
    await guess(person, 1)
    const browser = await signIn(site, person)
    const readBanner = async () =>
      JSON.parse(/id="panel-user">([^<]*)</.exec((await browser.get('/admin')).text)?.[1] ?? '{}')
    expect((await readBanner()).refused.text).toMatch(/^Since your last sign-in, 1 code was rejected/)
    site.clock.advance(301)
    await browser.post('/account/verify', { otp_device: person.app?.persistentId ?? '', otp_token: person.code() })
    expect((await readBanner()).refused).not.toBeNull()
    expect((await browser.post(`${profile}/refused-tries`, { answer: 'mine' })).location).toBe(profile)
    expect((await readBanner()).refused).toBeNull()
  })

  it("do not include the person's own mistakes in this browser, or those before the last sign-in", async () => {
    const person = await createTestUser(site)
    await guess(person, 1)
    await signIn(site, person)
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    expect((await browser.post('/account/login', { otp_token: '000000' })).code).toBe('invalid_token')
    site.clock.advance(60)
    await browser.post('/account/login', { otp_token: person.code() })
    expect(noticeIn((await browser.get(profile)).text)).toBeUndefined()
  })

  it('include those of someone with the same IP address and browser who knows only the password', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await browser.post('/account/logout')
    site.clock.advance(1)
    const colleague = site.browser()
    await colleague.post('/account/login', { username: person.email, password: person.password })
    for (const wait of [2, 3]) {
      expect((await colleague.post('/account/login', { otp_token: '000000' })).code).toBe('invalid_token')
      site.clock.advance(wait)
    }
    await signIn(site, person, browser)
    expect(noticeIn((await browser.get(profile)).text)).toMatch(/^Since your last sign-in, 2 codes were rejected/)
  })

  it('do not include mistakes in a browser in which the person had signed in before', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await browser.post('/account/logout')
    site.clock.advance(1)
    await browser.post('/account/login', { username: person.email, password: person.password })
    expect((await browser.post('/account/login', { otp_token: '000000' })).code).toBe('invalid_token')
    site.clock.advance(60)
    await signIn(site, person, browser)
    expect(noticeIn((await browser.get(profile)).text)).toBeUndefined()
  })

  it.each(['token_accepted', 'sign_in_refused', 'panel_refused', 'user_changed'])(
    'are shown even if many events %s follow them',
    async (event) => {
      const person = await createTestUser(site)
      await signIn(site, person)
      await guess(person, 3)
      await flood(person, event, 1500)
      const browser = await signIn(site, person)
      expect(noticeIn((await browser.get(profile)).text)).toMatch(/^Since your last sign-in, 3 codes were rejected/)
    },
  )

  it('are all counted, even if there are many', async () => {
    const person = await createTestUser(site)
    await signIn(site, person)
    await guess(person, 1)
    await flood(person, 'token_refused', 1200)
    await flood(person, 'exported', 1200)
    const browser = await signIn(site, person)
    expect(noticeIn((await browser.get(profile)).text)).toMatch(/^Since your last sign-in, 1,?201 codes were rejected/)
  })

  it('are not hidden by fake passkeys that were sent without the password', async () => {
    const person = await createTestUser(site)
    await signIn(site, person)
    await guess(person, 2)
    await flood(person, 'token_refused', 1000, { failures: 0, without_password: true })
    const browser = await signIn(site, person)
    expect(noticeIn((await browser.get(profile)).text)).toMatch(/ 2 codes were rejected .* from Chrome 140 on Windows/)
  })

  it('include a passkey alone that had a valid signature and a counter that went back', async () => {
    const person = await createTestUser(site)
    await signIn(site, person)
    site.clock.advance(1)
    await flood(person, 'token_refused', 1, { failures: 0, because: 'counter_not_higher', without_password: true })
    const browser = await signIn(site, person)
    expect(noticeIn((await browser.get(profile)).text)).toMatch(/ 1 code was rejected /)
  })
})
