import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

let database: Database
let site: TestSite

beforeAll(async () => {
  database = await openTestDatabase()
  site = await startTestSite(database)
})

afterAll(async () => {
  await site.close()
  await database.close()
})

it.each([
  ['someone who is signed out', null, 'href="/account/login">Sign in</a>'],
  ['someone who is not staff', { staff: false }, 'href="/account/two-factor">Back to your account</a>'],
  ['staff', {}, 'href="/admin">Go to the panel</a>'],
])('links an error page to a page that %s can open', async (_who, person, link) => {
  const browser = person ? await signIn(site, await createTestUser(site, person)) : site.browser()
  const page = await browser.get('/account/nothing')
  expect(page).toMatchObject({ status: 404, code: 'not_found' })
  expect(page.text).toContain(link)
})
