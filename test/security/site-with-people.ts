import { addDevices } from '../admin/add-devices.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { openSite } from './open-site.js'
import { signInRequester } from './requesters.js'

/** A site, and sessions of its users. */
export interface SiteWithPeople {
  site: TestSite
  staff: HttpBrowser
  superuser: HttpBrowser
  other: TestUser
  /** `staff`, `superuser`, a user without access to the panel, `other`, and a user between password and token. */
  people: TestUser[]
  /** The sessions of all of them. */
  browsers: HttpBrowser[]
}

/** Opens a site with users of all kinds with devices, used and rejected tokens, complete and incomplete sessions, and waiting emails. */
export async function openSiteWithPeople(): Promise<SiteWithPeople> {
  const site = await openSite({ TRUST_BROWSER_DAYS: '30' })
  const people: TestUser[] = []
  const browsers: HttpBrowser[] = []
  const comeIn = async (traits: { staff?: boolean; superuser?: boolean }) => {
    const person = await createTestUser(site, { ...traits, backupTokens: 2 })
    const browser = await signIn(site, person)
    people.push(person)
    browsers.push(browser)
    await browser.post('/account/two-factor/browsers/trust', { trust_browser: 'on' })
    return browser
  }
  const staff = await comeIn({})
  const superuser = await comeIn({ superuser: true })
  await comeIn({ staff: false })
  const other = await createTestUser(site, { backupTokens: 3 })
  people.push(other)
  // The user's own and another's, so that no list has only one row.
  for (const { id } of people.slice(1)) await addDevices(site.database, id)
  await addToGroup(site, people.slice(2))
  const half = await signInRequester(site, 'pending')
  people.push(half.person)
  browsers.push(await leaveTraces(site, other), half.browser)
  return { site, staff, superuser, other, people, browsers }
}

/** Nobody who signs in here: a group would revoke what the tests look at. */
async function addToGroup(site: TestSite, people: readonly TestUser[]): Promise<void> {
  const [group] = await site.database.models.Group.findAll({ order: ['id'], limit: 1 })
  for (const { id } of people) await site.database.models.UserGroup.create({ user_id: id, group_id: group?.id ?? 0 })
}

/** Tokens and passwords that are right, wrong, used, and typed where they do not belong. */
async function leaveTraces(site: TestSite, person: TestUser): Promise<HttpBrowser> {
  const [used = '', unused = ''] = person.backupTokens
  const browser = site.browser()
  await browser.post('/account/login', { username: person.email, password: person.password })
  await browser.post('/account/login', { otp_token: '000000' })
  await browser.post('/account/login', { otp_device: person.backup?.persistentId ?? '', otp_token: used })
  await site.browser().post('/account/login', { username: person.email, password: 'a wrong passphrase' })
  const form = { username: `${person.email}?`, password: person.password, otp_token: unused }
  await site.browser().post('/account/login', form)
  return browser
}

/** The IDs of all rows of a table. */
export async function idsIn(site: TestSite, table: string): Promise<number[]> {
  const { rows } = await site.database.pool.query<{ id: string }>(`select id from ${table} order by id`)
  return rows.map(({ id }) => Number(id))
}
