import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { availablePermissions } from '../../src/admin/permissions.js'
import { panelResources } from '../../src/admin/resources/index.js'
import type { HttpBrowser } from '../support/http-browser.js'
import type { TestUser, TestSite } from '../support/site.js'
import { takeSnapshot } from './snapshot.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { idsIn, openSiteWithPeople } from './site-with-people.js'

const api = '/admin/api/resources'
const tables = panelResources(builtInKinds).map(({ table }) => table)

let site: TestSite
let staff: HttpBrowser
let superuser: HttpBrowser
let other: TestUser
let people: TestUser[]

beforeAll(async () => {
  ;({ site, staff, superuser, other, people } = await openSiteWithPeople())
})
afterAll(() => site.close())

type Encode = (fields: Record<string, string | boolean>) => { type: string; body: string }
const encoders: [string, Encode][] = [
  ['JSON', (fields) => ({ type: 'application/json', body: JSON.stringify(fields) })],
  [
    'a form',
    (fields) => ({
      type: 'application/x-www-form-urlencoded',
      body: Object.entries(fields)
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
        .join('&'),
    }),
  ],
  [
    'multipart',
    (fields) => ({
      type: 'multipart/form-data; boundary=x',
      body: `${Object.entries(fields)
        .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
        .join('')}--x--\r\n`,
    }),
  ],
]

describe.each(encoders)('fields that are not on the list are not written, as %s', (_name, encode) => {
  const write = (browser: HttpBrowser, path: string, fields: Record<string, string | boolean>) => {
    const { type, body } = encode(fields)
    return browser.visit(path, { method: 'POST', body, headers: { 'Content-Type': type } })
  }
  const forbidden: Record<string, string | boolean> = {
    id: '999',
    email: 'taken@example.com',
    password: 'taken over now',
    password_hash: 'x',
    auth_epoch: '7',
    token_failed_at: '{}',
    created_at: '2000-01-01',
    last_login_at: '2000-01-01',
    user_id: '1',
    secret: 'JBSWY3DPEHPK3PXP',
    algorithm: 'SHA512',
    digits: '8',
    drift: '5',
    last_step: '0',
    tolerance: '99',
    failure_count: '0',
    failed_at: '2000-01-01',
    token_hash: 'x',
    device_id: '1',
    tokens_left: '99',
    actor_id: '1',
    'details.x': '1',
    'user.is_superuser': true,
    'password_hash.x': '1',
  }

  it('one by one, by editing', async () => {
    const before = await takeSnapshot(site.database)
    for (const [name, value] of Object.entries(forbidden))
      for (const [table, id] of [
        ['users', other.id],
        ['totp_devices', other.app?.id],
        ['static_devices', other.backup?.id],
      ]) {
        const answer = await write(superuser, `${api}/${table}/records/${id}/edit`, { [name]: value })
        expect([name, answer.status < 500]).toEqual([name, true])
      }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it('all at once, by editing and by creating a record', async () => {
    const before = await takeSnapshot(site.database)
    for (const table of tables) {
      const [id] = await idsIn(site, table)
      await write(superuser, `${api}/${table}/records/${id}/edit`, forbidden)
      const made = await write(superuser, `${api}/${table}/actions/new`, { ...forbidden, name: '' })
      const expected = availablePermissions(table).includes('add') ? [400, 'bad_request'] : [403, 'not_allowed']
      expect([made.status, made.code]).toEqual(expected)
      expect((await write(superuser, `${api}/${table}/records/${id}/new`, forbidden)).status).toBe(404)
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })

  it('is_superuser by staff, any field of a superuser by staff, and own access by anyone', async () => {
    const [mine, , boss] = [people[0], people[1], people[1]]
    const before = await takeSnapshot(site.database)
    for (const [browser, path, fields] of [
      [staff, `${api}/users/records/${other.id}/edit`, { is_superuser: true }],
      [staff, `${api}/users/records/${mine?.id}/edit`, { is_superuser: true }],
      [staff, `${api}/users/records/${boss?.id}/edit`, { name: 'Boss' }],
      [staff, `${api}/users/records/${boss?.id}/edit`, { is_superuser: false }],
      [staff, `${api}/totp_devices/records/${boss?.app?.id}/edit`, { confirmed: false }],
      [staff, `${api}/totp_devices/records/${boss?.app?.id}/delete`, {}],
      [staff, `${api}/totp_devices/bulk/bulkDelete?recordIds=${other.app?.id},${boss?.app?.id}`, {}],
      [staff, `${api}/users/records/${mine?.id}/edit`, { is_active: false }],
      [staff, `${api}/totp_devices/records/${mine?.app?.id}/delete`, {}],
      [superuser, `${api}/users/records/${boss?.id}/edit`, { is_superuser: false }],
      [superuser, `${api}/users/records/${boss?.id}/edit`, { is_staff: false }],
      [superuser, `${api}/totp_devices/bulk/bulkDelete?recordIds=${boss?.app?.id}`, {}],
    ] as const) {
      const answer = await write(browser, path, fields)
      expect([path, fields, answer.status, answer.code]).toEqual([path, fields, 403, 'not_allowed'])
    }
    expect(await takeSnapshot(site.database)).toEqual(before)
  })
})

describe('no hidden column can be queried', () => {
  const hiddenColumns = async (table: string) => {
    const { rows } = await site.database.pool.query<{ name: string }>(
      'select column_name as name from information_schema.columns where table_name = $1',
      [table],
    )
    const list = JSON.parse((await superuser.get(`${api}/${table}/actions/list`)).text)
    const shown = new Set(Object.keys(list.records[0].params))
    return rows.map(({ name }) => name).filter((name) => !shown.has(name) && !name.startsWith('details'))
  }

  it.each(tables)('of %s, by filter, sort or search', async (table) => {
    const hidden = await hiddenColumns(table)
    // Of these every column can be read.
    expect(hidden.length > 0).toBe(!['audit_events', 'user_groups'].includes(table))
    for (const column of [
      ...hidden,
      'ctid',
      'xmin',
      'users.password_hash',
      'user_id.password_hash',
      'owner',
      'standing',
      '$users.password_hash$',
    ]) {
      for (const query of [
        `list?filters.${column}=a`,
        `list?filters.${column}~~from=2020-01-01`,
        `list?sortBy=${column}`,
        `search/a?searchProperty=${column}`,
      ]) {
        const answer = await superuser.get(`${api}/${table}/actions/${query}`)
        expect([query, answer.status, answer.code]).toEqual([query, 400, 'bad_request'])
      }
    }
  })

  it.each(tables)('of %s, by a wildcard', async (table) => {
    for (const query of ['list?filters.email=%25', 'list?filters.name=_', 'list?filters.event=%25']) {
      const answer = await superuser.get(`${api}/${table}/actions/${query}`)
      const found = answer.status === 200 ? JSON.parse(answer.text).records : answer.code
      expect([[], 'bad_request']).toContainEqual(found)
    }
  })
})
