import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { asApiClient } from '../auth/host-site.js'
import { openTestDatabase, preferredDatabase } from '../support/database.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone } from '../support/challenges.js'
import { addToNewGroup } from '../support/groups.js'
import { codeIn, startDeliveries } from '../support/deliveries.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'

const profile = '/account/two-factor'
const setUp = `${profile}/setup`
const setUpFor = (page: string) => `${setUp}?next=${encodeURIComponent(page)}`

let database: Database
const open: TestSite[] = []
async function openSite(environment: Record<string, string>): Promise<TestSite> {
  const site = await startTestSite(database, environment)
  open.push(site)
  return site
}
beforeAll(async () => void (database = await openTestDatabase()))
afterAll(async () => {
  await Promise.all(open.map((site) => site.close()))
  await database.close()
})

const NUMBER = '+41524204242'

/** Signs in with the password and the code that was sent to a device. */
async function signInByCode(site: TestSite, person: TestUser, kind: 'phone' | 'mailbox'): Promise<HttpBrowser> {
  const { otp } = site
  const deliveries = startDeliveries(database, site, { embedded: preferredDatabase() === 'embedded' })
  const device = await (kind === 'phone' ? addPhone(otp, person.id, { number: NUMBER }) : addEmail(otp, person.id))
  const browser = site.browser()
  await browser.post('/account/login', { username: person.email, password: person.password })
  if (person.app) await browser.post('/account/login', { otp_device: device.persistentId, otp_challenge: 'send' })
  const token = kind === 'phone' ? codeIn(deliveries.texts(NUMBER).at(-1)) : deliveries.mailedCode(person.email)
  await deliveries.stop()
  const answer = await browser.post('/account/login', { otp_device: device.persistentId, otp_token: token })
  expect(answer.status).toBe(303)
  return browser
}

/** The whole site strict, and a site that is not with a group that is. */
const houses = {
  'a strict site': {
    open: () => openSite({ OTP_POLICY: 'strict' }),
    person: (site: TestSite, traits: TestUserTraits) => createTestUser(site, traits),
  },
  'a strict group': {
    open: () => openSite({ OTP_POLICY: 'off', OTP_EMAIL: 'true', TRUST_BROWSER_DAYS: '30' }),
    person: async (site: TestSite, traits: TestUserTraits) => {
      const person = await createTestUser(site, traits)
      await addToNewGroup(site.database, [person.id], { otpPolicy: 'strict' })
      return person
    },
  },
}

describe.each(Object.entries(houses))('in %s', (_name, house) => {
  let site: TestSite
  beforeAll(async () => void (site = await house.open()))
  const person = (traits: TestUserTraits = {}) => house.person(site, traits)

  it('requires a second factor for everyone, staff or not', async () => {
    for (const staff of [true, false]) {
      const browser = await signIn(site, await person({ staff, app: false }))
      expect((await browser.get(profile)).location).toBe(setUpFor(profile))
    }
  })

  it('ends a session after 30 minutes without a request, by the clock, and not before', async () => {
    const browser = await signIn(site, await person())
    site.clock.advance(1800)
    expect((await browser.get('/admin')).status).toBe(200)
    site.clock.advance(1801)
    expect((await browser.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
    expect((await browser.get('/account/login')).text).toContain('name="password"')
  })

  it('ends a session 12 hours after the sign-in, even with requests, and not before', async () => {
    const browser = await signIn(site, await person())
    for (let half = 0; half < 24; half += 1) {
      site.clock.advance(1800)
      expect((await browser.get('/admin')).status).toBe(200)
    }
    site.clock.advance(1)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it('redirects a user with only a phone to the setup of another method, which they can finish', async () => {
    const browser = await signInByCode(site, await person({ app: false }), 'phone')
    expect((await browser.get('/admin')).location).toBe(setUpFor('/admin'))
    expect((await asApiClient(browser).get('/admin/api/dashboard')).code).toBe('enrolment_required')
    const choice = await browser.get(`${setUp}?step=method`)
    expect(choice.text).toContain('value="totp"')
    expect(choice.text).not.toMatch(/value="(phone|email)"/)
    expect((await browser.post(setUp, { method: 'totp' })).status).toBe(303)
  })

  it('accepts a phone like an app if the user has both', async () => {
    const browser = await signInByCode(site, await person(), 'phone')
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await browser.get(`${setUp}?step=method`)).text).toContain('value="phone"')
  })

  it('opens the panel with a backup token if the user has an app, and otherwise only the setup', async () => {
    const look = async (traits: TestUserTraits) => {
      const someone = await person({ ...traits, backupTokens: 1 })
      const browser = site.browser()
      const [token = ''] = someone.backupTokens
      await browser.post('/account/login', { username: someone.email, password: someone.password, otp_token: token })
      return browser.get('/admin')
    }
    expect((await look({})).status).toBe(200)
    expect((await look({ app: false })).location).toBe(setUpFor('/admin'))
  })

  it('does not offer email as a device, and redirects away from its page', async () => {
    const browser = await signIn(site, await person())
    expect((await browser.get(`${setUp}?step=method`)).text).not.toContain('value="email"')
    expect((await browser.get('/account/two-factor/email/add')).location).toBe(profile)
    expect((await browser.post('/account/two-factor/email/add')).location).toBe(profile)
  })

  it('does not let the last app be removed if the only other device is a phone', async () => {
    const someone = await person()
    await addPhone(site.otp, someone.id)
    const browser = await signIn(site, someone)
    const answer = await browser.post(`${profile}/devices/${someone.app?.persistentId}/remove`)
    expect(answer).toMatchObject({ status: 422, code: 'policy' })
  })

  it('does not offer to trust a browser, and ignores a request for it', async () => {
    const someone = await person()
    const browser = site.browser()
    await browser.post('/account/login', { username: someone.email, password: someone.password })
    expect((await browser.get('/account/login')).text).not.toContain('trust_browser')
    site.clock.advance(30)
    const token = { otp_device: someone.app?.persistentId ?? '', otp_token: someone.code(), trust_browser: 'yes' }
    expect((await browser.post('/account/login', token)).status).toBe(303)
    const { rows } = await database.pool.query('select from trusted_browsers where user_id = $1', [someone.id])
    expect(rows).toEqual([])
  })
})

it('lets a user outside the strict group stay signed in for an hour and a day', async () => {
  const site = await houses['a strict group'].open()
  const browser = await signIn(site, await createTestUser(site))
  site.clock.advance(3600)
  expect((await browser.get('/admin')).status).toBe(200)
})

it('opens only the setup for a member of a strict group who signed in by email', async () => {
  const site = await houses['a strict group'].open()
  const member = await houses['a strict group'].person(site, { app: false })
  const browser = await signInByCode(site, member, 'mailbox')
  expect((await browser.get('/admin')).location).toBe(setUpFor('/admin'))
})
