import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpResponse } from '../support/http-browser.js'
import { createTestUser, type TestSite } from '../support/site.js'
import { listRoutes } from './list-routes.js'
import { openSite } from './open-site.js'
import { ownAccountRouteTable } from './own-account-routes.table.js'
import { panelRouteTable } from './panel-routes.table.js'
import { LOGIN, type RouteRow, SET_UP, withoutWaysBackToPosts } from './route-row.js'
import { routeTable } from './routes.table.js'
import { setupRouteTable } from './setup-routes.table.js'
import { type SignedInRequester, signInRequester, type Requester, requesters } from './requesters.js'

let site: TestSite
const signedIn = new Map<Requester, SignedInRequester>()
const names = new Map<string, string>()
const rows = withoutWaysBackToPosts([...routeTable, ...panelRouteTable, ...setupRouteTable, ...ownAccountRouteTable])

beforeAll(async () => {
  site = await openSite()
  for (const requester of requesters) signedIn.set(requester, await signInRequester(site, requester))
  const other = await createTestUser(site)
  const superuser = await createTestUser(site, { superuser: true })
  names.set('%id', String(other.id))
  names.set('%device', String(other.app?.id))
  names.set('%superuser', String(superuser.id))
})
afterAll(() => site.close())

/** The path with the IDs of this run. */
function addressOf(row: RouteRow): string {
  return row.address.replace(/%[a-z]+/g, (name) => names.get(name) ?? name)
}

/** The response in the terms of the table. */
function wordsFor(answer: HttpResponse, address: string, method: RouteRow['method'] = 'GET'): string {
  const { status, code, location } = answer
  if (location === undefined) return code ? `${status} ${code}` : String(status)
  if (location === setUpFor(address, method)) return SET_UP
  return location === `/account/login?next=${encodeURIComponent(address)}`
    ? `${status} login with next`
    : `${status} ${location}`
}

/** Back to a page that accepts GET: a submitted form has none. */
function setUpFor(address: string, method: RouteRow['method']): string {
  const setUp = '/account/two-factor/setup'
  return method === 'GET' ? `${setUp}?next=${encodeURIComponent(address)}` : setUp
}

it('has a row for every route', () => {
  const tried = new Set(rows.flatMap(({ routes }) => routes))
  expect(listRoutes(site.app)).toEqual([...tried].toSorted())
})

describe.each(rows)('$method $address', (row) => {
  it.each(requesters.map((requester, index) => ({ requester, answer: row.expected[index] })))(
    'answers $answer to: $requester',
    async ({ requester, answer }) => {
      const now = site.clock.now()
      const { browser } = row.ends
        ? await signInRequester(site, requester)
        : (signedIn.get(requester) ?? (await signInRequester(site, requester)))
      const address = addressOf(row)
      const given = row.method === 'GET' ? await browser.get(address) : await browser.post(address)
      expect(wordsFor(given, address, row.method)).toBe(answer)
      if (given.status >= 400) expectOurShape(given, address)
      // Each sign-in takes half a minute: all of them together are longer than a session without a request lasts.
      site.clock.set(now)
    },
  )
})

/** JSON under the API, a page elsewhere, and the `Allow` header of a 405. */
function expectOurShape(given: HttpResponse, address: string): void {
  const isApi = address.startsWith('/admin/api')
  expect(given.headers['content-type']).toMatch(isApi ? /^application\/json/ : /^text\/html/)
  expect(given.headers['cache-control']).toBe('no-store')
  expect(given.headers.allow !== undefined).toBe(given.status === 405)
}

it('leaves the requesters of the table in the same state', async () => {
  const expected = [LOGIN, LOGIN, LOGIN, LOGIN, '403 not_staff', '200', '200']
  for (const [index, requester] of requesters.entries()) {
    const answer = await signedIn.get(requester)?.browser.get('/admin')
    expect(answer && wordsFor(answer, '/admin')).toBe(expected[index])
  }
})
