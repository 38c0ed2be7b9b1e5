import { addStaticToken } from '../../src/otp/add-static-token.js'
import type { Browser } from '../support/browse.js'
import { createPerson, type Person, signIn, type TestSite } from '../support/site.js'

/** How far somebody has come: every step on the way into the panel, and beyond. */
export const visitors = [
  'stranger',
  'pending',
  'staff without a device',
  'unverified staff',
  'verified, no staff',
  'verified staff',
  'verified superuser',
] as const

export type Visitor = (typeof visitors)[number]

export interface Arrival {
  browser: Browser
  person: Person
}

/** Somebody new, in a browser of his own, who has come as far as this and no further. */
export async function arrive(site: TestSite, visitor: Visitor): Promise<Arrival> {
  const person = await createPerson(site, {
    app: !visitor.includes('device') && visitor !== 'unverified staff',
    staff: visitor !== 'verified, no staff',
    superuser: visitor === 'verified superuser',
  })
  const browser = site.browser()
  if (visitor === 'stranger') return { browser, person }
  if (visitor === 'pending') await browser.post('/account/login', { username: person.email, password: person.password })
  else await signIn(site, person, browser)
  if (visitor === 'unverified staff') await giveDevice(site, person)
  return { browser, person }
}

/** The device comes after the password: so the session is there and nothing has verified it. */
async function giveDevice(site: TestSite, person: Person): Promise<void> {
  await site.database.sequelize.transaction((transaction) => addStaticToken(site.otp, transaction, person.id))
}
