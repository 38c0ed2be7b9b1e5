import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/crypto/keyring.js'
import { availablePermissions } from '../../src/admin/permissions.js'
import { panelResources } from '../../src/admin/resources/index.js'
import { addDevices } from '../admin/add-devices.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'
import { secretsInDatabase, secretsOfPeople, encodings } from './collect-secrets.js'
import { openSite } from './open-site.js'
import { takeSnapshot } from './snapshot.js'
import { signInRequester } from './requesters.js'
import { builtInKinds } from '../../src/kinds/index.js'

const KEY = Buffer.alloc(32, 7)
const keys = createKeyring([KEY])
const api = '/admin/api/resources'
const tables = panelResources(builtInKinds).map(({ table }) => table)

let site: TestSite
let staff: HttpBrowser
let superuser: HttpBrowser
let other: TestUser
const people: TestUser[] = []
const browsers: HttpBrowser[] = []
const cookies = new Set<string>()

/** Users of all kinds with devices, used and rejected tokens, complete and incomplete sessions, and waiting emails. */
beforeAll(async () => {
  site = await openSite({ TRUST_BROWSER_DAYS: '30' })
  staff = await comeIn({})
  superuser = await comeIn({ superuser: true })
  await comeIn({ staff: false })
  other = await createTestUser(site, { backupTokens: 3 })
  people.push(other)
  // The user's own and another's, so that no list has only one row.
  for (const { id } of people.slice(1)) await addDevices(site.database, id)
  const [group] = await site.database.models.Group.findAll({ order: ['id'], limit: 1 })
  // Nobody who signs in here: a group would revoke what the tests look at.
  for (const { id } of people.slice(2))
    await site.database.models.UserGroup.create({ user_id: id, group_id: group?.id ?? 0 })
  const [used = ''] = other.backupTokens
  const browser = keep(site.browser())
  await browser.post('/account/login', { username: other.email, password: other.password })
  await browser.post('/account/login', { otp_token: '000000' })
  await browser.post('/account/login', { otp_device: other.backup?.persistentId ?? '', otp_token: used })
  const half = await signInRequester(site, 'pending')
  people.push(half.person)
  keep(half.browser)
  await site.browser().post('/account/login', { username: other.email, password: 'a wrong passphrase' })
  await site.browser().post('/account/login', {
    username: `${other.email}?`,
    password: other.password,
    otp_token: other.backupTokens[1] ?? '',
  })
})
afterAll(() => site.close())

async function comeIn(traits: { staff?: boolean; superuser?: boolean }): Promise<HttpBrowser> {
  const person = await createTestUser(site, { ...traits, backupTokens: 2 })
  people.push(person)
  const browser = keep(await signIn(site, person))
  await browser.post('/account/two-factor/browsers/trust', { trust_browser: 'on' })
  return browser
}

function keep(browser: HttpBrowser): HttpBrowser {
  browsers.push(browser)
  return browser
}

async function secrets(): Promise<string[]> {
  const known = [...(await secretsInDatabase(site.database, keys)), ...secretsOfPeople(people, browsers), ...cookies]
  return [...new Set([...known, ...encodings(KEY), ...keys.sessionSecrets, 'a wrong passphrase'])]
}

/** Names of columns for which the panel has no text. */
const HIDDEN_NAMES =
  /password_hash|auth_epoch|token_failed_at|token_hash|series_hash|rotated_at|code_hash|credential_id|public_key|user_handle|"secret"|last_step|"sid"|"sess"/

async function idsIn(table: string): Promise<number[]> {
  const { rows } = await site.database.pool.query<{ id: string }>(`select id from ${table} order by id`)
  return rows.map(({ id }) => Number(id))
}

/** Everything that can be requested of a resource: whole lists in both orders, each row, searches, and what is rejected. */
async function answersAbout(browser: HttpBrowser, table: string): Promise<string[]> {
  const at = `${api}/${table}`
  const ids = await idsIn(table)
  const reading = [
    `${at}/actions/list?perPage=500`,
    `${at}/actions/list?perPage=500&sortBy=id&direction=desc`,
    `${at}/actions/list?filters.id=${ids[0]}`,
    `${at}/actions/list?sortBy=password_hash`,
    `${at}/actions/list?filters.user_id=@example.com&perPage=500`,
    `${at}/actions/search`,
    `${at}/actions/search/example`,
    `${at}/actions/search/App?searchProperty=name`,
    `${at}/actions/new`,
    `${at}/bulk/bulkDelete?recordIds=${ids.slice(0, 3).join()}`,
    ...ids.flatMap((id) => [`${at}/records/${id}/show`, `${at}/records/${id}/edit`]),
  ]
  const writing: [string, Record<string, string>][] = ids.flatMap((id) => [
    [`${at}/records/${id}/edit`, {}],
    [`${at}/records/${id}/edit`, { name: 'x'.repeat(300), is_active: 'maybe', confirmed: 'maybe' }],
    [`${at}/records/${id}/edit`, { is_superuser: 'maybe', email: other.email, id: '1', secret: 'x' }],
  ])
  const refusedWrites: [string, Record<string, string>][] = [
    [`${at}/actions/new`, { email: other.email, name: 'x'.repeat(300), password_hash: 'x' }],
    [`${at}/actions/export?sortBy=id&direction=desc`, {}],
    [`${at}/actions/export?sortBy=password_hash`, {}],
    [`${at}/records/2147483647/delete`, {}],
    [`${at}/bulk/bulkDelete?recordIds=2147483647`, {}],
    [`${at}/bulk/bulkDelete?recordIds=x`, {}],
  ]
  const texts: string[] = []
  for (const address of reading) texts.push((await browser.get(address)).text)
  for (const [address, form] of [...writing, ...refusedWrites]) texts.push((await browser.post(address, form)).text)
  return texts
}

const pages = [
  '/admin',
  '/admin/resources/users',
  '/admin/resources/users/records/1/show',
  '/admin/resources/nosuch',
  '/admin/api/dashboard',
  '/admin/api/nosuch',
  '/account/login',
  '/account/logout',
  '/account/two-factor',
  '/account/two-factor/sessions',
  '/nowhere',
  '/healthz',
  '/readyz',
]

function found(texts: readonly string[], wanted: readonly string[]): string[] {
  const all = texts.join('\n')
  return wanted.filter((secret) => all.includes(secret))
}

describe('no secret is shown', () => {
  it('searches for secrets that exist', async () => {
    const all = await secrets()
    expect(all.length).toBeGreaterThan(60)
    expect(all.every((secret) => secret.length >= 16)).toBe(true)
    const raw = await takeSnapshot(site.database)
    expect(found(Object.values(raw).flat(), all).length).toBeGreaterThan(15)
  })

  it.each(tables)(
    'to staff or superusers, in any answer about %s',
    async (table) => {
      const texts = [...(await answersAbout(superuser, table)), ...(await answersAbout(staff, table))]
      // The list and each row were in the response.
      expect(texts.filter((text) => text.includes('"params"')).length).toBeGreaterThan(2)
      expect(found(texts, await secrets())).toEqual([])
      expect(texts.filter((text) => HIDDEN_NAMES.test(text))).toEqual([])
      // Every rejection before has an event in the audit log, and each of them is requested.
    },
    120_000,
  )

  it('to anyone on any page', async () => {
    const texts: string[] = []
    for (const browser of browsers)
      for (const page of pages) {
        const { text, headers } = await browser.get(page)
        texts.push(text, JSON.stringify({ ...headers, 'set-cookie': undefined }))
      }
    expect(found(texts, await secrets())).toEqual([])
    expect(texts.filter((text) => HIDDEN_NAMES.test(text))).toEqual([])
  })

  it('in any form that is shown again', async () => {
    const texts: string[] = []
    const browser = keep((await signInRequester(site, 'pending')).browser)
    const [, token = ''] = other.backupTokens
    texts.push((await browser.post('/account/login', { otp_token: token })).text)
    texts.push(
      (await browser.post('/account/login', { otp_device: token, otp_token: token })).text.replaceAll(
        `value="${token}"`,
        '',
      ),
    )
    texts.push(
      (await browser.post('/account/login', { username: 'x', password: other.password, otp_token: token })).text,
    )
    expect(found(texts, await secrets())).toEqual([])
  })

  it('in any line of the log', async () => {
    expect(site.log.length).toBeGreaterThan(100)
    expect(found(site.log, await secrets())).toEqual([])
    expect(site.log.filter((line) => HIDDEN_NAMES.test(line))).toEqual([])
  })

  it('in the audit log', async () => {
    const { rows } = await site.database.pool.query<{ row: string }>('select e::text as row from audit_events e')
    expect(rows.length).toBeGreaterThan(5)
    expect(
      found(
        rows.map(({ row }) => row),
        await secrets(),
      ),
    ).toEqual([])
  })
})

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
      const [id] = await idsIn(table)
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
