import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actionPermissions, isWriteAction } from '../../src/admin/permissions.js'
import { panelResources } from '../../src/admin/resources/index.js'
import type { Database } from '../../src/db/connect.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { giveDevice } from '../support/device-states.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn, startTestSite, type TestSite, type TestUser } from '../support/site.js'
import { startHostSite } from '../embedding/host/start-host-site.js'
import { openTestDatabase } from '../support/database.js'

const api = '/admin/api/resources'
const actions = Object.keys(actionPermissions)
const tables = panelResources(builtInKinds).map(({ table }) => table)
const deviceTables = tables.filter((table) => table.endsWith('_devices'))

let database: Database
let bob: TestUser
/** For each table, a row of bob's and the values that only this row contains. */
const rows = new Map<string, { id: number; secrets: string[] }>()

beforeAll(async () => {
  database = await openTestDatabase()
  const site = await startTestSite(database)
  bob = await createTestUser(site, { name: 'Bob Hidden' })
  rows.set('users', { id: bob.id, secrets: [bob.email, 'Bob Hidden'] })
  for (const table of deviceTables) rows.set(table, await addDevice(site, table))
  const owner = { user_id: bob.id }
  const group = await insert('groups', { name: 'Hidden group' }, ['Hidden group'])
  rows.set('groups', group)
  rows.set('user_groups', await insert('user_groups', { ...owner, group_id: group.id }, []))
  const [token] = (await database.pool.query<{ id: number }>('select id from static_tokens')).rows
  rows.set('static_tokens', { id: token?.id ?? 0, secrets: [] })
  const at = site.clock.now()
  const browser = {
    ...owner,
    browser: 'Hidden browser',
    address: '203.0.113.201',
    device: 'totp/1',
    series_hash: 'series',
    token_hash: 'token',
    created_at: at,
    rotated_at: at,
    expires_at: new Date(at.getTime() + 86_400_000),
  }
  rows.set('trusted_browsers', await insert('trusted_browsers', browser, ['Hidden browser', '203.0.113.201']))
  const event = { ...owner, at, event: 'sign_in_refused', address: '203.0.113.202', browser: 'Hidden agent' }
  rows.set('audit_events', await insert('audit_events', event, ['203.0.113.202', 'Hidden agent']))
  await site.close()
})
afterAll(() => database.close())

/** A device with a name and a place that no other has. */
async function addDevice({ otp }: TestSite, table: string) {
  const id = await giveDevice(otp, bob.id, table.replace('_devices', ''), 'active')
  const [name, from] = [`Hidden ${table}`, `203.0.113.203, ${table}`]
  await database.pool.query(`update ${table} set name = $1, last_used_from = $2 where id = $3`, [name, from, id])
  return { id, secrets: [name, from] }
}

/** Throttles every device, because each help of an earlier test ended that. */
async function throttleDevices({ clock }: TestSite) {
  for (const table of deviceTables)
    await database.pool.query(`update ${table} set failure_count = 8, failed_at = $1`, [clock.now()])
}

async function insert(table: string, columns: Record<string, unknown>, secrets: string[]) {
  const names = Object.keys(columns)
  const { rows: made } = await database.pool.query<{ id: number }>(
    `insert into ${table} (${names.join()}) values (${names.map((_, index) => `$${index + 1}`).join()}) returning id`,
    Object.values(columns),
  )
  return { id: Number(made[0]?.id), secrets }
}

const rowOf = (table: string) => rows.get(table) ?? { id: 0, secrets: [] }

/** Every path of the API at which an action could respond. */
const everyPath = (table: string, action: string) => [
  `${api}/${table}/actions/${action}`,
  `${api}/${table}/actions/${action}/Hidden`,
  `${api}/${table}/records/${rowOf(table).id}/${action}`,
  `${api}/${table}/bulk/${action}?recordIds=${rowOf(table).id}`,
]

/** The path at which it does. */
function itsPath(table: string, action: string): string[] {
  const [list = '', search = '', record = '', bulk = ''] = everyPath(table, action)
  if (action === 'search') return [search]
  if (action === 'bulkDelete') return [bulk]
  return [['list', 'new', 'export'].includes(action) ? list : record]
}

interface Call {
  path: string
  status: number
  code: string | undefined
  text: string
}

async function callAll(
  browser: HttpBrowser,
  table: string,
  names: readonly string[],
  pathsOf: typeof everyPath,
): Promise<Call[]> {
  const calls: Call[] = []
  for (const action of names)
    for (const path of pathsOf(table, action)) {
      const { status, code, text } = await browser.visit(path, { method: isWriteAction(action) ? 'POST' : 'GET' })
      calls.push({ path, status, code, text })
    }
  return calls
}

/** The session was verified by an app a moment ago. The requirement asks for a key, which nobody here has. */
async function openClosed(name: string) {
  const site = await startTestSite(database, {}, undefined, { requirements: { [name]: { kinds: ['webauthn'] } } })
  return { site, browser: await signIn(site, await createTestUser(site, { superuser: true })) }
}

/** Calls to another resource that leave its rows as they are. */
const harmless = actions.filter((action) => !['delete', 'bulkDelete', 'resetSecondFactor'].includes(action))

describe('a requirement for reading', () => {
  it('has a row of every resource to look for', () => {
    expect([...rows.keys()].toSorted()).toEqual(tables.toSorted())
    expect([...rows.values()].map(({ id }) => id)).not.toContain(0)
  })

  it.each(tables)('of %s holds for every call that could return its rows', async (closed) => {
    const { site, browser } = await openClosed(`${closed}.view`)
    const { secrets } = rowOf(closed)
    await throttleDevices(site)
    const own = await callAll(browser, closed, actions, everyPath)
    expect(own.filter(({ code }) => code === 'requirement_unmet').length).toBeGreaterThanOrEqual(4)
    expect(own.filter(({ status }) => status < 400)).toEqual([])
    const others: Call[] = []
    for (const table of tables) if (table !== closed) others.push(...(await callAll(browser, table, harmless, itsPath)))
    const { text, status } = await browser.get('/admin/api/dashboard')
    others.push({ path: 'dashboard', code: undefined, text, status })
    expect(others.filter(({ status: answered }) => answered === 200).length).toBeGreaterThan(40)
    const leaks = [...own, ...others].flatMap(({ path, text: body }) =>
      secrets.filter((secret) => body.includes(secret)).map((secret) => `${path}: ${secret}`),
    )
    expect(leaks).toEqual([])
    await site.close()
  })

  it.each([
    ['customers', 'Hidden customer'],
    ['users', '@example.com'],
  ])("of %s holds for a host's rows that refer to it", async (closed, secret) => {
    const shop = await startHostSite({
      requirements: { [`${closed}.view`]: { kinds: ['webauthn'] } },
      options: ({ Order, Customer }) => ({
        resources: [
          { resource: Order, options: { properties: { amount: { reference: closed } } } },
          { resource: Customer },
        ],
      }),
    })
    const browser = await signIn(shop, await createTestUser(shop, { superuser: true }))
    await shop.Customer.create({ name: 'Hidden customer' })
    const order = await shop.Order.create({ title: 'Eggs', amount: 1 })
    const record = `${api}/orders/records/${String(order.get('id'))}`
    for (const [method, path] of [
      ['GET', `${api}/orders/actions/list?filters.amount=1`],
      ['GET', `${api}/orders/actions/search/Eggs?searchProperty=title`],
      ['GET', `${record}/show`],
      ['GET', `${record}/edit`],
      ['POST', `${record}/edit`],
      ['POST', `${api}/orders/actions/new`],
      ['GET', `${api}/orders/bulk/bulkDelete?recordIds=${String(order.get('id'))}`],
      ['POST', `${record}/delete`],
    ] as const) {
      const form = method === 'POST' ? { form: { title: 'Eggs', amount: '1' } } : {}
      const answer = await browser.visit(path, { method, ...form })
      expect([path, answer.status]).toEqual([path, 200])
      expect([path, answer.text.includes(secret)]).toEqual([path, false])
    }
    await shop.close()
  })
})
