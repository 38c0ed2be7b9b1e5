import { beforeAll, describe, expect, it } from 'vitest'
import { COUNT_LIMIT } from '../../src/admin/resources/read-page.js'
import { listRecords, rowsOf, totalOf, usePanelSite } from './panel-site.js'
import { deviceModels } from '../support/device-models.js'

const site = usePanelSite()

/** Enough rows for every way a page is read: near the start, deep, and from the end. */
const ROWS = 2 * COUNT_LIMIT + 3_003
const OWNERS = 700

beforeAll(async () => {
  const { pool } = site().database
  await pool.query(
    `insert into users (email, name) select 'owner' || n || '@many.example', 'Owner ' || n from generate_series(1, $1) n`,
    [OWNERS],
  )
  await pool.query(
    `insert into totp_devices (user_id, name, confirmed, secret)
    select (select min(id) from users where email like '%@many.example') + n % $2, 'Device ' || n % 97, n % 3 = 0, 'sealed'
    from generate_series(1, $1) n`,
    [ROWS, OWNERS],
  )
  await pool.query('analyze totp_devices')
})

async function expected(order: string, limit: number, offset: number, where = 'true') {
  const sql = `select id from totp_devices where ${where} order by ${order} limit ${limit} offset ${offset}`
  const { rows } = await site().database.pool.query<{ id: number }>(sql)
  return rows.map(({ id }) => id)
}

const idsOf = (answer: Awaited<ReturnType<typeof listRecords>>) => rowsOf(answer).map(({ id }) => id)
const all = async () => deviceModels(site().database).TotpDevice.count()

describe('a page of a long list has the right rows', () => {
  it.each([
    ['the first', 1],
    ['a shallow one', 30],
    ['one beyond 1,000', 150],
    ['one before the middle, beyond the counted', 1_010],
    ['one after the middle', 1_900],
    ['the last but one', Math.ceil(ROWS / 20) - 1],
    ['the last', Math.ceil(ROWS / 20)],
    ['one behind the last', Math.ceil(ROWS / 20) + 50],
  ])('%s', async (_name, page) => {
    for (const [sortBy, direction] of [
      ['id', 'asc'],
      ['id', 'desc'],
      ['name', 'asc'],
      ['name', 'desc'],
    ] as const) {
      const answer = await listRecords(site().staff, 'totp_devices', {
        page: String(page),
        perPage: '20',
        sortBy,
        direction,
      })
      const order = sortBy === 'id' ? `id ${direction}` : `name ${direction}, id ${direction}`
      const ids = await expected(order, 20, (page - 1) * 20)
      expect({ order, ids: idsOf(answer) }).toEqual({ order, ids })
    }
  })

  it('with a filter', async () => {
    const query = { 'filters.confirmed': 'true', page: '300', perPage: '20', sortBy: 'id', direction: 'asc' }
    expect(idsOf(await listRecords(site().staff, 'totp_devices', query))).toEqual(
      await expected('id', 20, 299 * 20, 'confirmed'),
    )
  })
})

describe('the number of rows', () => {
  it('is exact if it is small', async () => {
    const answer = await listRecords(site().staff, 'totp_devices', { 'filters.name': 'Device 42' })
    expect(totalOf(answer)).toBe((await expected('id', ROWS, 0, `name ilike '%Device 42%'`)).length)
  })

  it('is close for a whole long table', async () => {
    const total = totalOf(await listRecords(site().staff, 'totp_devices')) ?? 0
    expect(Math.abs(total - (await all()))).toBeLessThan(ROWS / 100)
  })

  it('is "more than can be counted quickly" for a large part of one', async () => {
    expect(totalOf(await listRecords(site().staff, 'totp_devices', { 'filters.name': 'device' }))).toBe(COUNT_LIMIT + 1)
  })
})

describe('a filter by owner', () => {
  it('accepts an ID', async () => {
    const id = site().staffPerson.id
    const answer = await listRecords(site().staff, 'totp_devices', { 'filters.user_id': String(id) })
    expect(idsOf(answer)).toEqual([site().staffPerson.app?.id])
  })

  it('accepts a part of the email address of one user or of several', async () => {
    const one = await listRecords(site().staff, 'totp_devices', { 'filters.user_id': 'owner77@', perPage: '500' })
    expect(idsOf(one)).toEqual(
      await expected('id desc', 500, 0, `user_id = (select id from users where email = 'owner77@many.example')`),
    )
    const many = await listRecords(site().staff, 'totp_devices', { 'filters.user_id': '@MANY.', perPage: '20' })
    expect(idsOf(many)).toEqual(await expected('id desc', 20, 0, `secret = 'sealed'`))
    expect(totalOf(many)).toBe(COUNT_LIMIT + 1)
  })

  it('finds nothing if no user matches, and treats wildcards as plain text', async () => {
    for (const text of ['nobody@nowhere', '%', '_wner', "o'hara"])
      expect(idsOf(await listRecords(site().staff, 'totp_devices', { 'filters.user_id': text }))).toEqual([])
  })
})

describe('a search of people', () => {
  it('finds a part of the email address or of the name, in any case', async () => {
    const person = await site().person({ name: 'Ada Lovelace' })
    const search = (text: string) =>
      site().staff.get(`/admin/api/resources/users/actions/search/${encodeURIComponent(text)}`)
    for (const text of ['LOVELACE', person.email.slice(0, 12), 'a lov'])
      expect(rowsOf(await search(text)).map(({ id }) => id)).toContain(person.id)
    for (const text of [`${person.email}\u00a0`, `mailto:${person.email}`, `<${person.email}>\u200b`, ' a lov '])
      expect(rowsOf(await search(text)).map(({ id }) => id)).toEqual([person.id])
    expect(rowsOf(await search('owner'))).toHaveLength(50)
    expect(rowsOf(await search('%'))).toEqual([])
  })
})

describe('the audit log', () => {
  it('shows the newest event first, and only those about one user if requested', async () => {
    const trail = rowsOf(await listRecords(site().staff, 'audit_events'))
    expect(trail.map(({ id }) => Number(id))).toEqual(trail.map(({ id }) => Number(id)).toSorted((a, b) => b - a))
    const query = { 'filters.user_id': site().staffPerson.email, 'filters.event': 'token_accepted' }
    const own = rowsOf(await listRecords(site().staff, 'audit_events', query))
    expect(own.length).toBeGreaterThan(0)
    expect(new Set(own.map(({ user_id, event }) => JSON.stringify([user_id, event])))).toEqual(
      new Set([JSON.stringify([site().staffPerson.id, 'token_accepted'])]),
    )
  })
})
