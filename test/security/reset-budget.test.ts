import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'

const FORGOT = '/account/password/forgot'
const HOUR = 3600
const PER_HOUR = 5
const NETWORK_LIMIT = 20
let site: TestSite
beforeAll(async () => void (site = await openSite({ TRUST_PROXY: '1', LOGIN_ADDRESS_LIMIT: String(NETWORK_LIMIT) })))
afterAll(() => site.close())

let senders = 0
/** Another IP address each time. */
const elsewhere = () => ({ 'X-Forwarded-For': `198.51.${(senders += 1) >> 8}.${senders & 255}` })
/** One IP address that no other test uses. */
const oneNetwork = () => {
  const headers = elsewhere()
  return () => headers
}

/** Requests links until one is rejected. @returns how many links that gave */
async function useUp(username: string, browser?: HttpBrowser, from = elsewhere): Promise<number> {
  for (let asked = 0; asked <= NETWORK_LIMIT; asked += 1) {
    const { status } = await ask(username, browser, from())
    if (status === 429) return asked
    expect(status).toBe(303)
  }
  throw new Error('Nothing was refused.')
}

const ask = (username: string, browser: HttpBrowser = site.browser(), headers = elsewhere()) =>
  browser.visit(FORGOT, { method: 'POST', form: { username }, headers })

/** A browser in which this person has signed in and out again. */
async function knownBrowser({ email, password }: TestUser, token?: string): Promise<HttpBrowser> {
  const browser = site.browser()
  const headers = elsewhere()
  const steps = [{ username: email, password }, ...(token === undefined ? [] : [{ otp_token: token }])]
  for (const form of steps)
    expect((await browser.visit('/account/login', { method: 'POST', form, headers })).status).toBe(303)
  browser.cookies.delete('otp_session')
  expect([...browser.cookies.keys()]).toContain('otp_browser')
  return browser
}

const members = { staff: false, app: false } as const
const owners = [
  {
    by: 'a password alone',
    async open() {
      const owner = await createTestUser(site, members)
      return { owner, browser: await knownBrowser(owner) }
    },
  },
  {
    by: 'a second factor',
    async open() {
      const owner = await createTestUser(site)
      return { owner, browser: await knownBrowser(owner, owner.code()) }
    },
  },
]

describe('password reset links after others have used up theirs', () => {
  it.each(owners)('are sent from a browser known by $by', async ({ open }) => {
    const { owner, browser } = await open()
    expect(await useUp(owner.email)).toBe(PER_HOUR)
    expect(await useUp(owner.email, browser)).toBe(PER_HOUR)
    const refused = await ask(owner.email, browser)
    expect(refused).toMatchObject({ status: 429, code: 'too_many_requests' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(HOUR)
    site.clock.advance(HOUR)
    expect((await ask(owner.email, browser)).status).toBe(303)
  })

  it.each(owners)('remain for others after a browser known by $by used up its own', async ({ open }) => {
    const { owner, browser } = await open()
    expect(await useUp(owner.email, browser)).toBe(PER_HOUR)
    expect(await useUp(owner.email)).toBe(PER_HOUR)
  })

  it.each(owners)('are sent from a browser known by $by at an IP address whose limit is used up', async ({ open }) => {
    const { owner, browser } = await open()
    const network = oneNetwork()
    let asked = 0
    for (; asked < NETWORK_LIMIT; asked += 1) await ask(`nobody${asked}@example.com`, undefined, network())
    expect((await ask(owner.email, undefined, network())).status).toBe(429)
    expect((await ask(owner.email, browser, network())).status).toBe(303)
  })

  it('are sent from a verified browser although someone who has the password used up theirs', async () => {
    const owner = await createTestUser(site, members)
    const mallory = await knownBrowser(owner)
    const secret = Buffer.from('12345678901234567890')
    await site.database.sequelize.transaction((transaction) =>
      addTotpDevice(site.otp, transaction, {
        user: { id: owner.id, email: owner.email },
        name: 'App',
        secret,
        confirmed: true,
      }),
    )
    const own = await knownBrowser(owner, generateHotp(secret, timeStep(site.clock.now(), 30, 0), 6))
    expect(await useUp(owner.email, mallory)).toBe(PER_HOUR)
    expect(await useUp(owner.email)).toBe(PER_HOUR)
    expect(await useUp(owner.email, own)).toBe(PER_HOUR)
  })

  it.each([
    ['in upper case', (email: string) => email.toUpperCase()],
    ['with spaces', (email: string) => ` ${email} `],
    ['as a link', (email: string) => `mailto:${email}`],
  ])('are counted together if the address is typed %s', async (_how, typed) => {
    const owner = await createTestUser(site, members)
    const browser = await knownBrowser(owner)
    expect(await useUp(owner.email, browser)).toBe(PER_HOUR)
    expect((await ask(typed(owner.email), browser)).status).toBe(429)
  })

  it('do not increase in a browser that is known for another account, with or without an account at the address', async () => {
    const mallory = await knownBrowser(await createTestUser(site, members))
    const victim = await createTestUser(site, members)
    const inactive = await createTestUser(site, { active: false })
    for (const username of [victim.email, inactive.email, `nobody-${victim.email}`]) {
      expect(await useUp(username)).toBe(PER_HOUR)
      expect((await ask(username, mallory)).status).toBe(429)
    }
  })

  it.each(['x', 'A'.repeat(43), 'A'.repeat(5000)])('do not increase with the forged cookie %#', async (cookie) => {
    const victim = await createTestUser(site, members)
    const browser = site.browser()
    browser.cookies.set('otp_browser', cookie)
    expect(await useUp(victim.email)).toBe(PER_HOUR)
    expect((await ask(victim.email, browser)).status).toBe(429)
  })

  it('do not increase in a browser whose last sign-in was 401 days ago', async () => {
    const owner = await createTestUser(site, members)
    const browser = await knownBrowser(owner)
    await site.database.pool.query(
      "update known_browsers set seen_at = seen_at - interval '401 days' where user_id = $1",
      [owner.id],
    )
    expect(await useUp(owner.email)).toBe(PER_HOUR)
    expect((await ask(owner.email, browser)).status).toBe(429)
  })

  it('do not increase if all are requested at once', async () => {
    const owner = await createTestUser(site, members)
    const browser = await knownBrowser(owner)
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(owner.email, browser)))
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(PER_HOUR)
  })
})
