import { beforeAll, describe, expect, it } from 'vitest'
import { csvLine } from '../../src/admin/export/csv.js'
import type { HttpResponse } from '../support/http-browser.js'
import type { TestUser } from '../support/site.js'
import { addDevices } from './add-devices.js'
import { call, findGroup } from './group-site.js'
import { usePanelSite } from './panel-site.js'
import { signIn } from '../support/site.js'

const site = usePanelSite()

let person: TestUser

beforeAll(async () => {
  person = await site().person({ name: '=HYPERLINK("http://evil.example","x")', backupTokens: 1 })
  await addDevices(site().database, person.id)
})

const download = (table: string, query: Record<string, string> = {}) => call(site().boss, table, 'export', {}, query)

/** Reads CSV by RFC 4180, independently of the code under test: quoted fields, doubled quotes, CRLF. */
function rowsIn(text: string): Record<string, string>[] {
  const lines = [...text.replace(/^\ufeff/, '').matchAll(/((?:"(?:[^"]|"")*",?)+)\r\n/g)].map(([, line = '']) =>
    [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, field = '']) => field.replaceAll('""', '"')),
  )
  const [names = [], ...rows] = lines
  return rows.map((fields) => Object.fromEntries(fields.map((field, index) => [names[index] ?? '', field])))
}

async function trail() {
  const where = { event: 'exported' }
  const rows = await site().database.models.AuditEvent.findAll({ where, order: [['id', 'DESC']], limit: 1 })
  return rows.map(({ user_id, actor_id, details }) => ({ user_id, actor_id, details }))[0]
}

describe('a line of CSV', () => {
  it.each([
    [['a', 'b c'], '"a","b c"\r\n'],
    [['a "quoted" one', 'a,b', 'two\r\nlines'], '"a ""quoted"" one","a,b","two\r\nlines"\r\n'],
    [[null, undefined, '', true, 12, -3], '"","","","true","12","-3"\r\n'],
    [
      [new Date('2026-01-02T03:04:05Z'), { a: 1 }, ['x', 'y']],
      '"2026-01-02T03:04:05.000Z","{""a"":1}","[""x"",""y""]"\r\n',
    ],
  ])('quotes every field: %o', (values, line) => {
    expect(csvLine(values)).toBe(line)
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t1', '\r1', '\n1', '＝1', '＋1', '－1', '＠x'])(
    'defuses what a spreadsheet would compute: %o',
    (text) => {
      expect(csvLine([text])).toBe(`"'${text}"\r\n`)
    },
  )

  it.each([
    ['x;=1+1;y', "x;'=1+1;y"],
    ['x;"=1+1;y', `x;""'=1+1;y`],
    ['x,+1', "x,'+1"],
    ['x\t@A1', "x\t'@A1"],
    ['two\r\n-1', "two\r\n'-1"],
    ['\t=1', "'\t'=1"],
    ['x;＝1', "x;'＝1"],
    ['a=b; c-d', 'a=b; c-d'],
  ])('defuses it after the field separators of other languages too: %o', (text, written) => {
    expect(csvLine([text])).toBe(`"${written}"\r\n`)
  })

  it.each([
    ['\u001b[31mAda', '[31mAda'],
    ['\u009b2JAda', '2JAda'],
    ['\u0000=1+1', "'=1+1"],
    ['Ann\u202eecila', 'Annecila'],
    ['\u2066דנה', 'דנה'],
    ['علی\u200cرضا', 'علی\u200cرضا'],
  ])('leaves out control characters and text direction overrides: %j', (text, written) => {
    expect(csvLine([text])).toBe(`"${written}"\r\n`)
  })
})

describe('a list', () => {
  it('is exported with the columns of the list, by their names, and without a formula', async () => {
    const answer = await download('users', { 'filters.email': person.email })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': expect.stringMatching(/^attachment; filename="users-\d{4}-\d\d-\d\d\.csv"$/),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(rowsIn(answer.text)).toEqual([
      {
        id: String(person.id),
        email: person.email,
        name: `'=HYPERLINK("http://evil.example","x")`,
        is_staff: 'true',
        is_superuser: 'false',
        is_active: 'true',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        last_login_at: '',
        second_factor: 'active',
        active_kinds: 'totp,webauthn,hotp,phone,email,static',
        status: 'never_signed_in',
      },
    ])
  })

  it('is exported with the filters and the order of its URL', async () => {
    const emails = async (query: Record<string, string>) =>
      rowsIn((await download('users', { 'filters.is_superuser': 'false', ...query })).text).map(
        ({ email = '' }) => email,
      )
    const up = await emails({ sortBy: 'email', direction: 'asc' })
    expect(up).toContain(person.email)
    expect(up).not.toContain(site().bossPerson.email)
    expect(up).toEqual(up.toSorted())
    expect(await emails({ sortBy: 'email', direction: 'desc' })).toEqual(up.toReversed())
    const range = { 'filters.created_at~~from': '2999-01-01', 'filters.created_at~~to': '2999-02-01' }
    expect(await emails(range)).toEqual([])
  })

  it('masks in the export what it masks on the page, and exports no secret', async () => {
    const phones = await download('phone_devices', { 'filters.user_id': String(person.id) })
    expect(rowsIn(phones.text)).toMatchObject([{ masked_number: "'+41 ** *** ** 42", method: 'sms' }])
    expect(phones.text).not.toContain('+41524204242')
    const mailboxes = await download('email_devices', { 'filters.user_id': String(person.id) })
    expect(rowsIn(mailboxes.text)).toMatchObject([{ masked_email: 'b***e@example.org' }])
    const { text } = await download('static_tokens')
    expect(Object.keys(rowsIn(text)[0] ?? {})).toEqual(['id', 'device_id', 'created_at'])
    expect(Object.keys(rowsIn((await download('totp_devices')).text)[0] ?? {})).not.toContain('owner')
  })

  it('is recorded in the audit log before it is sent, with its name and number of rows', async () => {
    await download('totp_devices', { 'filters.user_id': String(person.id) })
    expect(await trail()).toEqual({
      user_id: null,
      actor_id: site().bossPerson.id,
      details: { resource: 'totp_devices', rows: 1 },
    })
  })

  it('exports at most 10,000 rows, in order over all batches, and says if there are more', async () => {
    const { pool } = site().database
    await pool.query(
      `insert into users (email, name) select 'many' || n || '@example.net', 'Many' from generate_series(1, 10050) n`,
    )
    const answer = await download('users', { 'filters.name': 'Many', sortBy: 'id' })
    const ids = rowsIn(answer.text).map(({ id }) => Number(id))
    expect(ids).toHaveLength(10_000)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(answer.headers['content-disposition']).toContain('-first-10000.csv')
    expect((await trail())?.details).toEqual({ resource: 'users', rows: 10_000, cut: true })
    const whole = await download('users', { 'filters.name': 'Many', 'filters.email': 'many77@' })
    expect(rowsIn(whole.text)).toHaveLength(1)
    await pool.query(`delete from users where name = 'Many'`)
  })
})

describe('an export', () => {
  const lastEvent = async () => JSON.stringify(await trail())
  const expectRefusal = async (answer: Promise<HttpResponse>, status: number, code: string) => {
    const before = await lastEvent()
    expect(await answer).toMatchObject({ status, code })
    expect(await lastEvent()).toBe(before)
  }

  it('is denied to groups without the permission, or without the permission to view', async () => {
    await expectRefusal(call(site().staff, 'users', 'export'), 403, 'not_allowed')
    await findGroup(site(), 'exports what it cannot see', ['users.export'])
    const only = await site().person({ groups: ['exports what it cannot see'] })
    await expectRefusal(call(await signIn(site(), only), 'users', 'export'), 403, 'not_allowed')
  })

  it('is allowed for a group with the permission', async () => {
    await findGroup(site(), 'takes the trail along', ['audit_events.view', 'audit_events.export'])
    const auditor = await site().person({ groups: ['takes the trail along'] })
    const browser = await signIn(site(), auditor)
    expect((await call(browser, 'audit_events', 'export')).status).toBe(200)
    await expectRefusal(call(browser, 'users', 'export'), 403, 'not_allowed')
    await expectRefusal(
      call(browser, 'audit_events', 'export', {}, { 'filters.user_id': person.email }),
      400,
      'bad_request',
    )
  })

  it('is rejected by GET, from another site, for what is not a list, and with an unknown filter or order', async () => {
    const address = '/admin/api/resources/users/actions/export'
    await expectRefusal(site().boss.get(address), 405, 'method_not_allowed')
    const foreign = { method: 'POST', headers: { Origin: 'https://evil.example' } }
    await expectRefusal(site().boss.visit(address, foreign), 403, 'cross_origin')
    await expectRefusal(download('sessions'), 404, 'not_found')
    await expectRefusal(download('users', { 'filters.password_hash': 'x' }), 400, 'bad_request')
    await expectRefusal(download('users', { sortBy: 'password_hash' }), 400, 'bad_request')
    await expectRefusal(download('users', { direction: 'sideways' }), 400, 'bad_request')
    await expectRefusal(site().boss.post(`${address}/more`), 404, 'not_found')
  })
})
