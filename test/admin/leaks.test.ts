import { beforeAll, describe, expect, it } from 'vitest'
import { availablePermissions, actionPermissions } from '../../src/admin/permissions.js'
import { panelResources } from '../../src/admin/resources/index.js'
import { maskEmail } from '../../src/kinds/email/mask-email.js'
import type { TestUser } from '../support/site.js'
import { addDevices } from './add-devices.js'
import { callAction, listRecords, recordOf, showRecord, usePanelSite } from './panel-site.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { deviceModels } from '../support/device-models.js'

const site = usePanelSite()

const TABLES = panelResources(builtInKinds).map(({ table }) => table)
const ACTIONS = Object.keys(actionPermissions)

const CHALLENGE = [
  'code_hash',
  'code_expires_at',
  'code_attempts',
  'challenged_at',
  'delivery',
  'delivery_error',
  'failed_at',
]

/** Columns that no answer may contain. A new column is listed by its resource or here. */
const SECRET: Record<string, readonly string[]> = {
  users: ['password_hash', 'auth_epoch', 'token_failed_at', 'locale', 'default_device', 'external_id'],
  totp_devices: ['secret', 'algorithm', 'digits', 'step', 't0', 'tolerance', 'drift', 'last_step', 'failed_at'],
  webauthn_devices: [
    'credential_id',
    'public_key',
    'counter',
    'transports',
    'user_handle',
    'aaguid',
    'discoverable',
    'failed_at',
  ],
  hotp_devices: ['secret', 'digits', 'counter', 'tolerance', 'failed_at'],
  phone_devices: ['number', ...CHALLENGE],
  email_devices: ['email', ...CHALLENGE],
  static_devices: ['failed_at'],
  static_tokens: ['token_hash'],
  audit_events: [],
}

/** Columns that only SQL statements read, so no model has them. */
const UNMAPPED = ['token_failed_lanes', 'token_failures', 'backup_eligible']

let person: TestUser
let given: Awaited<ReturnType<typeof addDevices>>

beforeAll(async () => {
  person = await site().person({ backupTokens: 3 })
  given = await addDevices(site().database, person.id)
})

/** Every value in the database that nobody is allowed to see. */
async function secrets(): Promise<string[]> {
  const { rows } = await site().database.pool.query<{ value: string }>(
    `select password_hash as value from users union select secret from totp_devices
    union select token_hash from static_tokens union select sid from sessions union select secret from hotp_devices
    union select number from phone_devices union select code_hash from phone_devices
    union select email from email_devices union select code_hash from email_devices
    union select credential_id from webauthn_devices union select public_key from webauthn_devices
    union select user_handle from webauthn_devices`,
  )
  return [...rows.map(({ value }) => value), ...person.backupTokens]
}

/** One row of each table, and IDs that belong to another table. */
const ids = () => [
  ...new Set([person.id, person.app?.id, person.backup?.id, ...Object.values(given).map(({ id }) => id)]),
]

function addresses(): string[] {
  return TABLES.flatMap((table) =>
    ACTIONS.flatMap((action) => [
      `/admin/api/resources/${table}/actions/${action}`,
      `/admin/api/resources/${table}/actions/${action}/a`,
      ...ids().map((id) => `/admin/api/resources/${table}/records/${id}/${action}`),
      `/admin/api/resources/${table}/bulk/${action}?recordIds=1,2,3`,
    ]),
  )
}

describe('no secret', () => {
  it('is in any answer of any action by GET or HEAD, and none of them changes a row', async () => {
    const hidden = await secrets()
    const before = await snapshot()
    for (const path of [...addresses(), '/admin', '/admin/api/dashboard']) {
      const visits = ['GET', 'HEAD'].map((method) => site().boss.visit(path, { method }))
      for (const { text, status } of await Promise.all(visits)) {
        const leaked = [...hidden.filter((secret) => text.includes(secret)), ...namesIn(text)]
        expect({ path, leaked }).toEqual({ path, leaked: [] })
        expect(status).toBeLessThan(500)
      }
    }
    expect(await snapshot()).toEqual(before)
  }, 300_000)

  it('is in the answer to a form, accepted or rejected', async () => {
    const hidden = await secrets()
    const forms = [{ name: 'Somebody' }, { name: 'x'.repeat(500) }, { name: 'a\nb' }, { is_staff: 'perhaps' }]
    for (const [table, id] of [
      ['users', person.id],
      ['totp_devices', person.app?.id],
      ['static_devices', person.backup?.id],
      ['webauthn_devices', given.webauthn.id],
      ['hotp_devices', given.hotp.id],
      ['phone_devices', given.phone.id],
      ['email_devices', given.email.id],
    ] as const)
      for (const form of forms) {
        const answer = await callAction(site().boss, table, id ?? 0, 'edit', form)
        expect(hidden.filter((secret) => answer.text.includes(secret))).toEqual([])
        expect(namesIn(answer.text)).toEqual([])
      }
  })

  it('comes with a reference: a device names its owner only by ID and email address', async () => {
    const record = recordOf(await showRecord(site().staff, 'totp_devices', person.app?.id ?? 0))
    expect(record.populated['user_id']).toMatchObject({
      params: { id: person.id, email: person.email },
      recordActions: [],
    })
    expect(Object.keys(Object(record.populated['user_id'])?.params)).toEqual(['id', 'email'])
  })

  it('is in the text that identifies a device: numbers and addresses are masked', async () => {
    const phone = recordOf(await showRecord(site().boss, 'phone_devices', given.phone.id)).params
    expect(phone).toMatchObject({ masked_number: '+41 ** *** ** 42', method: 'sms' })
    const mailbox = recordOf(await showRecord(site().boss, 'email_devices', given.email.id)).params
    expect(mailbox).toMatchObject({ masked_email: 'b***e@example.org' })
    await given.email.update({ email: null })
    const own = recordOf(await showRecord(site().boss, 'email_devices', given.email.id)).params
    expect(own['masked_email']).toBe(maskEmail(person.email))
    await given.email.update({ email: 'bouke@example.org' })
  })

  it('is unclassified: every column of every table is either shown or secret', () => {
    for (const { table, list: allowed } of panelResources(builtInKinds)) {
      const model = Object.values({ ...site().database.models, ...deviceModels(site().database) }).find(
        (candidate) => candidate.tableName === table,
      )
      const columns = Object.keys(model?.rawAttributes ?? {})
      expect([...allowed.read, ...(SECRET[table] ?? [])].toSorted()).toEqual(columns.toSorted())
    }
  })
})

/** Names of secret columns that are property names of the answer. */
function namesIn(text: string): string[] {
  // AdminJS's page knows a `locale` and types of its own; people have an `email`, which is not secret.
  const names = Object.values(SECRET)
    .flat()
    .filter((name) => !['locale', 'email', 'number'].includes(name))
  return [...names, ...UNMAPPED].filter((name) => text.includes(`"${name}"`))
}

async function snapshot() {
  const { rows } = await site().database.pool.query(
    `select (select jsonb_agg(u order by id) from users u) as users, (select jsonb_agg(d order by id) from totp_devices d) as totp,
    (select jsonb_agg(d order by id) from static_devices d) as static, (select count(*) from phone_devices) as phones,
    (select count(*) from one_time_links) as links, (select count(*) from static_tokens) as tokens`,
  )
  return rows
}

describe('hidden values cannot be queried', () => {
  it.each([
    { 'filters.password_hash': 'a' },
    { 'filters.password_hash~~from': 'a' },
    { 'filters.auth_epoch': '1' },
    { 'filters.nosuch': 'a' },
    { 'filters.details.name': 'a' },
    { sortBy: 'password_hash' },
    { sortBy: 'nosuch' },
    { sortBy: 'details.name' },
    { sortBy: 'id;drop table users' },
    { sortBy: 'created_at' },
  ])('by filter or order: %o', async (query) => {
    for (const table of ['users', 'audit_events'])
      expect(await listRecords(site().staff, table, query)).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('by search', async () => {
    const answer = await site().staff.get('/admin/api/resources/users/actions/search/a?searchProperty=password_hash')
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    const filtered = await site().staff.get('/admin/api/resources/users/actions/search/zzzz?filters.password_hash=a')
    expect(filtered.text).toBe('{"records":[]}')
  })

  it('by an ID that is not a number', async () => {
    for (const query of [{ page: '-1' }, { page: 'x' }, { perPage: '0' }, { perPage: '1e9' }, { direction: 'up' }])
      expect(await listRecords(site().staff, 'users', query)).toMatchObject({ status: 400, code: 'bad_request' })
    for (const id of ['abc', '1%00', '-1', '1.5', '%27'])
      expect(await showRecord(site().staff, 'users', id)).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('by values that the database would reject', async () => {
    const wrong = [
      { 'filters.user_id': '99999999999' },
      { 'filters.created_at~~from': 'yesterday' },
      { 'filters.created_at~~from': '2026-13-45' },
      { 'filters.created_at': '2026-01-01' },
      { 'filters.confirmed': 'maybe' },
      { 'filters.name~~from': 'a' },
      { 'filters.name': 'a\0b' },
    ]
    for (const query of wrong)
      expect(await listRecords(site().staff, 'totp_devices', query)).toMatchObject({ status: 400, code: 'bad_request' })
  })

  it('by names that reach a prototype, or by a value sent twice', async () => {
    const list = '/admin/api/resources/users/actions/list'
    for (const query of [
      '__proto__.x=1',
      'filters.__proto__.x=1',
      'filters.constructor.prototype.x=1',
      'page=1&page=2',
      'toString=1&valueOf=2&filters[x]=1',
      `${'a'.repeat(200)}=1`,
    ])
      expect(await site().staff.get(`${list}?${query}`)).toMatchObject({ status: 400, code: 'bad_request' })
    expect(Reflect.get({}, 'x')).toBeUndefined()
  })
})

describe('an invalid body', () => {
  const edit = () => `/admin/api/resources/users/records/${person.id}/edit`
  const boundary = '--x\r\nContent-Disposition: form-data; name="name"'

  it.each([
    ['broken JSON', 'application/json', '{"name":'],
    ['a JSON list', 'application/json', '[1,2]'],
    ['nested JSON', 'application/json', '{"name":{"a":1}}'],
    ['a prototype in JSON', 'application/json', '{"__proto__":{"is_superuser":true}}'],
    ['a prototype in a name', 'application/x-www-form-urlencoded', 'constructor.prototype.x=1'],
    ['a NUL', 'application/x-www-form-urlencoded', 'name=a%00b'],
    ['a hostile name', 'application/x-www-form-urlencoded', `${'a'.repeat(30)}!=1&(a|a)*b=1`],
    ['an open bracket in a name', 'application/x-www-form-urlencoded', '((=1'],
    ['a multipart without an end', 'multipart/form-data; boundary=x', `${boundary}\r\n\r\nName`],
    ['a multipart without a boundary', 'multipart/form-data', `${boundary}\r\n\r\nName\r\n--x--\r\n`],
    ['a file', 'multipart/form-data; boundary=x', `${boundary}; filename="a.txt"\r\n\r\nName\r\n--x--\r\n`],
    ['bytes', 'application/octet-stream', 'name=a'],
    ['plain text', 'text/plain', 'name=a'],
    [
      'more than a thousand fields',
      'application/x-www-form-urlencoded',
      Array.from({ length: 1_001 }, (_, i) => `f${i}=1`).join('&'),
    ],
  ])('is rejected and changes nothing: %s', async (_name, type, body) => {
    const before = await snapshot()
    const answer = await site().boss.visit(edit(), { method: 'POST', body, headers: { 'Content-Type': type } })
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    expect(answer.text).not.toMatch(/Error|node_modules|\bat /)
    expect(await snapshot()).toEqual(before)
  })

  it('of 10 MB is too large, and the next request is served', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024, 'a')
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    // The server can hang up before all of it was sent.
    const hungUp = { status: 413, code: 'too_large' }
    const answer = await site()
      .boss.visit(edit(), { method: 'POST', body, headers })
      .catch(() => hungUp)
    expect(answer).toMatchObject({ status: 413, code: 'too_large' })
    expect((await site().boss.get('/admin')).status).toBe(200)
  })
})

describe('a column that is not on the list', () => {
  it('is not written, whatever the form contains', async () => {
    const person = await site().person()
    const { User } = site().database.models
    const before: object = (await User.findByPk(person.id, { raw: true })) ?? {}
    const form = {
      name: 'New name',
      email: 'evil@example.com',
      password_hash: 'x',
      auth_epoch: '99',
      id: '1',
      'token_failed_at.0': 'x',
      created_at: '2000-01-01',
    }
    expect((await callAction(site().boss, 'users', person.id, 'edit', form)).status).toBe(200)
    expect(await User.findByPk(person.id, { raw: true })).toEqual({ ...before, name: 'New name' })
  })

  it('is not written on a device either', async () => {
    const person = await site().person()
    const { TotpDevice } = deviceModels(site().database)
    const before: object = (await TotpDevice.findByPk(person.app?.id, { raw: true })) ?? {}
    const form = {
      name: 'Phone',
      secret: 'x',
      user_id: String(site().bossPerson.id),
      last_step: '0',
      failure_count: '0',
      drift: '9',
    }
    expect((await callAction(site().boss, 'totp_devices', person.app?.id ?? 0, 'edit', form)).status).toBe(200)
    expect(await TotpDevice.findByPk(person.app?.id, { raw: true })).toEqual({ ...before, name: 'Phone' })
  })

  it('creates no record', async () => {
    const before = await snapshot()
    // Groups and memberships are created here, and by no other column (groups.test.ts).
    for (const table of TABLES.filter((each) => !availablePermissions(each).includes('add'))) {
      const answer = await site().boss.post(`/admin/api/resources/${table}/actions/new`, {
        name: 'x',
        email: 'x@example.com',
        user_id: '1',
      })
      expect(answer).toMatchObject({ status: 403, code: 'not_allowed' })
    }
    expect(await snapshot()).toEqual(before)
  })
})
