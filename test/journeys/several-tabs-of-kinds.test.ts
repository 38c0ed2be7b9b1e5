import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { wordKind } from '../embedding/tiny-kind/word-kind.js'
import { sentForms } from '../security/sent-twice.table.js'
import { openTestDatabase } from '../support/database.js'
import { type TestUser, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const profile = '/account/two-factor'
const kinds = [wordKind()]

const titles = [
  'the code of an app',
  'the code of a hardware token',
  'a backup token',
  'the code by phone',
  'the code by email',
  'the answer of a security key',
  'the token of a custom kind',
]

describe('two tabs during a sign-in, with the token of each kind', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    await migrate(database, kinds)
    site = await startTestSite(database, { BASE_URL: 'http://localhost:0', OTP_EMAIL: 'true' }, undefined, { kinds })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const eventsOf = async ({ id }: TestUser) =>
    (await database.pool.query('select event from audit_events where user_id = $1 order by id', [id])).rows
  const sessionsOf = async ({ id }: TestUser) =>
    (
      await database.pool.query(
        `select 1 from sessions where coalesce(sess ->> 'userId', sess -> 'pending' ->> 'userId') = $1
        and sess ->> 'userId' is not null`,
        [String(id)],
      )
    ).rows.length

  const rows = sentForms.filter(({ title }) => titles.includes(title))

  it.each(rows)('signs in from one tab and redirects the other: $title', async ({ ready }) => {
    const { browser, person, form = {} } = await ready(site)
    const sessions = await sessionsOf(person)
    const again = { username: person.email, password: person.password, next: `${profile}?second` }
    expect((await browser.post(login, again)).status).toBe(303)
    const first = await browser.post(login, { ...form, next: `${profile}?first` })
    expect(first).toMatchObject({ status: 303, location: `${profile}?first` })
    const before = await eventsOf(person)
    const second = await browser.post(login, { ...form, next: `${profile}?second` })
    expect(second).toMatchObject({ status: 303, location: `${profile}?second` })
    expect((await browser.get(profile)).status).toBe(200)
    expect(await sessionsOf(person)).toBe(sessions + 1)
    expect(await eventsOf(person)).toEqual(before)
  })

  it('has a row for every title', () => {
    expect(rows).toHaveLength(titles.length)
  })
})
