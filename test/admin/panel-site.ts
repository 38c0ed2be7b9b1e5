import { afterAll, beforeAll } from 'vitest'
import { z } from 'zod'
import type { Answer, Browser, Visit } from '../support/browse.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import {
  createPerson,
  type Person,
  signIn,
  startTestSite,
  stepUp,
  type TestSite,
  type Traits,
} from '../support/site.js'

/** The whole site with one member of staff and one superuser signed in. */
export interface PanelSite extends TestSite {
  staff: Browser
  staffPerson: Person
  boss: Browser
  bossPerson: Person
  person(traits?: Traits): Promise<Person>
}

/** For one test file: on PostgreSQL where there is one. */
export function usePanelSite(environment: Record<string, string> = {}): () => PanelSite {
  let site: PanelSite
  let close: () => Promise<void>
  beforeAll(async () => {
    const database = await openTestDatabase(databaseKinds().at(-1) ?? 'embedded')
    const base = await startTestSite(database, environment)
    const [staffPerson, bossPerson] = [await createPerson(base), await createPerson(base, { superuser: true })]
    const [staff, boss] = [await signIn(base, staffPerson), await signIn(base, bossPerson)]
    site = { ...base, staff, staffPerson, boss, bossPerson, person: (traits) => createPerson(base, traits) }
    close = async () => {
      await base.close()
      await database.close()
    }
  })
  afterAll(() => close())
  return () => site
}

const api = '/admin/api/resources'

/** POST to a record's action, as AdminJS's own page does. */
export function act(browser: Browser, table: string, id: number, action: string, form: Record<string, string> = {}) {
  return withFreshToken(browser, () => browser.post(`${api}/${table}/records/${id}/${action}`, form))
}

/** The same call again after a token, where the panel asks for one, as its page does. */
export async function withFreshToken(browser: Browser, call: () => Promise<Answer>): Promise<Answer> {
  const answer = await call()
  if (answer.code !== 'step_up_required') return answer
  await stepUp(browser)
  return call()
}

export function show(browser: Browser, table: string, id: number | string): Promise<Answer> {
  return browser.get(`${api}/${table}/records/${id}/show`)
}

export function list(browser: Browser, table: string, query: Record<string, string> = {}): Promise<Answer> {
  return browser.get(`${api}/${table}/actions/list?${new URLSearchParams(query).toString()}`)
}

export function bulkDelete(browser: Browser, table: string, ids: readonly number[], visit: Visit = { method: 'POST' }) {
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
export function rowsOf(answer: Answer) {
  return listAnswer.parse(JSON.parse(answer.text)).records.map(({ params }) => params)
}

export function totalOf(answer: Answer): number | undefined {
  return listAnswer.parse(JSON.parse(answer.text)).meta?.total
}

/** The one record of an answer. */
export function recordOf(answer: Answer) {
  return z.object({ record }).parse(JSON.parse(answer.text)).record
}

/** The answer's explanation of a refusal. */
export function messageOf(answer: Answer): string {
  return z.object({ error: z.object({ message: z.string() }) }).parse(JSON.parse(answer.text)).error.message
}
