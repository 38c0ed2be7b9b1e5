import { afterAll, beforeAll, expect } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from './database.js'
import { appCode } from './authenticator.js'
import type { HttpBrowser } from './http-browser.js'
import { type TestUser, signIn, startTestSite, type TestSite } from './site.js'

export const PROFILE = '/account/two-factor'
export const SETUP = `${PROFILE}/setup`
export const setupFor = (page: string) => `${SETUP}?next=${encodeURIComponent(page)}`

/** Several processes over one database, each with its own configuration. They run during the tests of the file. */
export function policySites() {
  let database: Database
  const open: TestSite[] = []
  beforeAll(async () => void (database = await openTestDatabase()))
  afterAll(async () => {
    await Promise.all(open.map((site) => site.close()))
    await database.close()
  })
  return {
    async openSite(environment: Record<string, string>): Promise<TestSite> {
      const site = await startTestSite(database, environment)
      open.push(site)
      return site
    },
    sql: (text: string, ...values: unknown[]) => database.pool.query(text, values),
  }
}

/** Signed in with the password alone, or with a backup token if the user has one. */
export async function arrive(site: TestSite, person: TestUser): Promise<HttpBrowser> {
  if (person.backupTokens.length === 0) return signIn(site, person)
  const browser = site.browser()
  const [token = ''] = person.backupTokens
  await browser.post('/account/login', { username: person.email, password: person.password, otp_token: token })
  return browser
}

/** Enrols an authenticator app with the wizard. */
export async function enrol(site: TestSite, browser: HttpBrowser): Promise<void> {
  await browser.post(SETUP, { method: 'totp' })
  const { text } = await browser.get(SETUP)
  const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? ''
  const answer = await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
  expect(answer).toMatchObject({ status: 303, location: `${SETUP}/complete` })
}

/** The number of days in the banner; null if there is no banner. */
export const daysIn = (text: string) => /<div class="due"[^>]*><p>[^<]*?(\d+) days? left/.exec(text)?.[1] ?? null
