import { afterAll, beforeAll } from 'vitest'
import { z } from 'zod'
import type { HttpResponse, HttpBrowser, HttpRequest } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  stepUp,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'

/** The whole site with one member of staff and one superuser signed in. */
export interface PanelSite extends TestSite {
  staff: HttpBrowser
  staffPerson: TestUser
  boss: HttpBrowser
  bossPerson: TestUser
  person(traits?: TestUserTraits): Promise<TestUser>
}

/** For one test file: on PostgreSQL if it is available. */
export function usePanelSite(environment: Record<string, string> = {}): () => PanelSite {
  let site: PanelSite
  let close: () => Promise<void>
  beforeAll(async () => {
    const database = await openTestDatabase()
    const base = await startTestSite(database, environment)
    const [staffPerson, bossPerson] = [await createTestUser(base), await createTestUser(base, { superuser: true })]
    const [staff, boss] = [await signIn(base, staffPerson), await signIn(base, bossPerson)]
    site = { ...base, staff, staffPerson, boss, bossPerson, person: (traits) => createTestUser(base, traits) }
    close = async () => {
      await base.close()
      await database.close()
    }
  })
  afterAll(() => close())
  return () => site
}

const api = '/admin/api/resources'

/** Sends a POST to a record's action, as AdminJS's own page does. */
export function callAction(
  browser: HttpBrowser,
  table: string,
  id: number,
  action: string,
  form: Record<string, string> = {},
) {
  return withFreshToken(browser, () => browser.post(`${api}/${table}/records/${id}/${action}`, form))
}

/** Repeats the call after a token if the panel requires one, as its page does. */
export async function withFreshToken(browser: HttpBrowser, call: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const answer = await call()
  if (answer.code !== 'step_up_required') return answer
  await stepUp(browser)
  return call()
}

export function showRecord(browser: HttpBrowser, table: string, id: number | string): Promise<HttpResponse> {
  return browser.get(`${api}/${table}/records/${id}/show`)
}

export function listRecords(
  browser: HttpBrowser,
  table: string,
  query: Record<string, string> = {},
): Promise<HttpResponse> {
  return browser.get(`${api}/${table}/actions/list?${new URLSearchParams(query).toString()}`)
}

export function bulkDelete(
  browser: HttpBrowser,
  table: string,
  ids: readonly number[],
  visit: HttpRequest = { method: 'POST' },
) {
  const call = () => browser.visit(`${api}/${table}/bulk/bulkDelete?recordIds=${ids.join(',')}`, visit)
  return withFreshToken(browser, call)
}

const record = z.object({
  params: z.record(z.string(), z.unknown()),
  populated: z.record(z.string(), z.unknown()),
  recordActions: z.array(z.object({ name: z.string() })),
})
const listAnswer = z.object({ records: z.array(record), meta: z.object({ total: z.number() }).optional() })

/** The rows of a list or a search. */
export function rowsOf(answer: HttpResponse) {
  return listAnswer.parse(JSON.parse(answer.text)).records.map(({ params }) => params)
}

export function totalOf(answer: HttpResponse): number | undefined {
  return listAnswer.parse(JSON.parse(answer.text)).meta?.total
}

/** The single record of an answer. */
export function recordOf(answer: HttpResponse) {
  return z.object({ record }).parse(JSON.parse(answer.text)).record
}

/** The reason that the answer to a rejected call gives. */
export function messageOf(answer: HttpResponse): string {
  return z.object({ error: z.object({ message: z.string() }) }).parse(JSON.parse(answer.text)).error.message
}
