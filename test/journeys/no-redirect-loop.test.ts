import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase, preferredDatabase } from '../support/database.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { addEmail, addPhone } from '../support/challenges.js'
import { addToNewGroup } from '../support/groups.js'
import { type Deliveries, startDeliveries } from '../support/deliveries.js'
import { createTestUser, startTestSite, type TestSite } from '../support/site.js'

let database: Database
const open: TestSite[] = []
beforeAll(async () => void (database = await openTestDatabase()))
afterAll(async () => {
  await Promise.all(open.map((site) => site.close()))
  await database.close()
})

/** The final response if a browser follows every redirect, as real browsers do. */
async function follow(browser: HttpBrowser, address: string): Promise<HttpResponse> {
  let answer = await browser.get(address)
  for (let steps = 0; answer.location !== undefined && steps < 6; steps += 1)
    answer = await browser.get(answer.location)
  return answer
}

/** What a user has in addition to the password. The kind of the email device is turned off. */
const belongings = ['nothing', 'backup token', 'app', 'phone', 'mailbox'] as const

async function arrive(site: TestSite, has: (typeof belongings)[number], kinds: string[] | null): Promise<HttpBrowser> {
  const person = await createTestUser(site, { app: has === 'app', backupTokens: has === 'backup token' ? 1 : 0 })
  if (has === 'phone') await addPhone(site.otp, person.id)
  if (kinds) await addToNewGroup(database, [person.id], { kinds })
  const browser = site.browser()
  const [token] = person.backupTokens
  const otp = has === 'app' ? person.code() : token
  const form = { username: person.email, password: person.password, ...(otp && { otp_token: otp }) }
  await browser.post('/account/login', form)
  if (has === 'mailbox') await addEmail(site.otp, person.id)
  return browser
}

const houses = ['off', 'staff', 'everyone', 'strict'].flatMap((policy) =>
  ['self', 'invite'].map((enrolment) => ({ policy, enrolment })),
)

describe.each(houses)('OTP_POLICY=$policy, OTP_ENROLMENT=$enrolment', ({ policy, enrolment }) => {
  let site: TestSite
  let deliveries: Deliveries
  beforeAll(async () => {
    site = await startTestSite(database, { OTP_POLICY: policy, OTP_ENROLMENT: enrolment })
    open.push(site)
    deliveries = startDeliveries(database, site, { embedded: preferredDatabase() === 'embedded' })
  })
  afterAll(() => deliveries.stop())
  // The URL of these sites is an IP address, which has no security keys: nobody can meet the last one.
  it.each(belongings.flatMap((has) => [null, ['hotp'], ['webauthn']].map((kinds) => ({ has, kinds }))))(
    'leads a user with $has, in a group that requires $kinds, to a page without a redirect loop',
    async ({ has, kinds }) => {
      const browser = await arrive(site, has, kinds)
      for (const address of ['/admin', '/account/two-factor', '/account/two-factor/setup?step=method', '/']) {
        const { status, location } = await follow(browser, address)
        expect({ address, location, status }).toMatchObject({ address, location: undefined })
        expect([200, 403]).toContain(status)
      }
    },
  )
})
