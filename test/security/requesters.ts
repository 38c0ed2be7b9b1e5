import { addStaticToken } from '../../src/kinds/static/add-token.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

/** How far a requester has come: every step of the sign-in, and beyond. */
export const requesters = [
  'anonymous',
  'pending',
  'staff without a device',
  'unverified staff',
  'verified, no staff',
  'verified staff',
  'verified superuser',
] as const

export type Requester = (typeof requesters)[number]

export interface SignedInRequester {
  browser: HttpBrowser
  person: TestUser
}

/** A new user in a new browser, who has come this far and no further. */
export async function signInRequester(site: TestSite, requester: Requester): Promise<SignedInRequester> {
  const person = await createTestUser(site, {
    app: !requester.includes('device') && requester !== 'unverified staff',
    staff: requester !== 'verified, no staff',
    superuser: requester === 'verified superuser',
  })
  const browser = site.browser()
  if (requester === 'anonymous') return { browser, person }
  if (requester === 'pending')
    await browser.post('/account/login', { username: person.email, password: person.password })
  else await signIn(site, person, browser)
  if (requester === 'unverified staff') await giveDevice(site, person)
  return { browser, person }
}

/** The device is added after the password: the session exists and is not verified. */
async function giveDevice(site: TestSite, person: TestUser): Promise<void> {
  await site.database.sequelize.transaction((transaction) => addStaticToken(site.otp, transaction, person.id))
}
