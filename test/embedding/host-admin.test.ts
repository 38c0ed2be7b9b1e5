import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { requesters, signInRequester } from '../security/requesters.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, startTestSite } from '../support/site.js'
import { messageOf, recordOf, rowsOf } from '../admin/panel-site.js'
import { member } from './host/join-group.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'
import { formWithFile } from './host/form-with-file.js'

const api = '/admin/api/resources'
let shop: HostSite
let staff: HttpBrowser
let staffPerson: TestUser
let boss: HttpBrowser
let order: string

beforeAll(async () => {
  shop = await startHostSite({ files: true, requirements: { 'orders.delete': { maxAge: 300 } } })
  await shop.Customer.create({ name: 'Ada' })
  staffPerson = await createTestUser(shop)
  staff = await signIn(shop, staffPerson)
  boss = await signIn(shop, await createTestUser(shop, { superuser: true }))
  order = `${api}/orders/records/${await newOrder()}`
})
afterAll(() => shop.close())

async function newOrder(title = 'Twelve eggs'): Promise<string> {
  const created = await shop.Order.create({ title, amount: 12 })
  return String(created.get('id'))
}

const components = async () => /\/admin\/host-assets\/[^"]+/.exec((await staff.get('/admin')).text)?.[0] ?? ''

it('requires for every answer with a record what reading it requires', async () => {
  const careful = await startHostSite({ requirements: { 'orders.view': { kinds: ['webauthn'] } } })
  const browser = await signIn(careful, await createTestUser(careful))
  const created = await careful.Order.create({ title: 'Twelve eggs', amount: 12 })
  const record = `${api}/orders/records/${String(created.get('id'))}`
  for (const [method, address] of [
    ['GET', `${api}/orders/actions/list`],
    ['GET', `${api}/orders/actions/search/eggs`],
    ['GET', `${record}/show`],
    ['GET', `${record}/edit`],
    ['POST', `${record}/edit`],
    ['POST', `${record}/refund`],
    ['POST', `${record}/delete`],
    ['POST', `${api}/orders/actions/new`],
    ['POST', `${api}/orders/actions/upload`],
    ['GET', `${api}/orders/bulk/bulkDelete?recordIds=1`],
    ['POST', `${api}/orders/bulk/bulkDelete?recordIds=1`],
  ] as const) {
    const answer = await browser.visit(address, { method })
    expect([address, answer]).toMatchObject([address, { status: 403, code: 'requirement_unmet' }])
    expect(answer.text).not.toContain('eggs')
  }
  expect(careful.calls).toEqual([])
  await careful.close()
})

describe('a request to the shop', () => {
  const addresses = () => [
    `${api}/orders/actions/list`,
    `${api}/orders/actions/search/eggs`,
    `${order}/show`,
    `${order}/edit`,
    `${order}/refund`,
    `${order}/comment`,
    `${api}/orders/bulk/bulkDelete?recordIds=1`,
    `${api}/orders/actions/new`,
    '/admin/api/pages/greeting',
    '/admin/api/dashboard',
    '/admin/pages/greeting',
    '/admin/resources/orders',
    '/admin/resources/orders/records/1/show',
  ]
  const outside = requesters.filter((requester) => requester !== 'verified staff' && requester !== 'verified superuser')

  it.each(outside)('from a %s gets nothing of it, with any method', async (requester) => {
    const { browser } = await signInRequester(shop, requester)
    const before = shop.calls.length
    for (const address of [...addresses(), await components()])
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await browser.visit(address, { method })
        expect([302, 401, 403, 405], `${method} ${address}`).toContain(answer.status)
        expect(answer.text).not.toMatch(/Twelve eggs|Good day|AdminJSCustom/)
      }
    expect(shop.calls.slice(before)).toEqual([])
    expect(await shop.Order.count()).toBeGreaterThan(0)
  })

  it('from verified staff does what the shop offers: list, search, show, new, edit and delete', async () => {
    const staff = await signIn(shop, staffPerson)
    const made = await staff.post(`${api}/orders/actions/new`, { title: 'A brown cake', amount: '1' })
    expect(made.status).toBe(200)
    const id = String(recordOf(made).params['id'])
    expect(rowsOf(await staff.get(`${api}/orders/actions/list?filters.title=brown`))).toMatchObject([
      { title: 'A brown cake' },
    ])
    expect(rowsOf(await staff.get(`${api}/orders/actions/search/brown?searchProperty=title`))).toHaveLength(1)
    const one = `${api}/orders/records/${id}`
    expect(recordOf(await staff.get(`${one}/edit`)).params).toMatchObject({ title: 'A brown cake' })
    await staff.post(`${one}/edit`, { title: 'Two loaves', amount: '2' })
    expect(recordOf(await staff.get(`${one}/show`)).params).toMatchObject({ title: 'Two loaves', amount: 2 })
    expect((await staff.post(`${one}/delete`)).status).toBe(200)
    expect(await shop.Order.findByPk(id)).toBeNull()
  })

  it("shows the handlers the user's email and level, and the page only the same", async () => {
    shop.calls.length = 0
    await boss.post(`${order}/refund`)
    expect(shop.calls).toEqual([expect.stringMatching(/^refund post person\S+ true$/)])
    const { text } = await staff.get('/admin/resources/orders')
    const user = /id="panel-user">([^<]*)/.exec(text)?.[1] ?? ''
    const { id, email } = staffPerson
    expect(JSON.parse(user)).toMatchObject({ id, email, title: expect.any(String), level: 'staff' })
    expect(user).not.toMatch(/granted|isSuperuser|isStaff|client|factors/)
  })

  it("shows the shop's own text if it rejects a form", async () => {
    const { status, text } = await staff.post(`${api}/orders/actions/new`, { amount: '3' })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ record: { errors: { title: { message: 'Order.title cannot be null' } } } })
  })
})

describe('methods of the shop', () => {
  it.each([
    ['list', 'orders/actions/list', 200, 405],
    ['search', 'orders/actions/search/x', 200, 405],
    ['new', 'orders/actions/new', 405, 200],
    ['an action with its own page', 'orders/records/ID/comment', 200, 200],
    ['an action without one', 'orders/records/ID/refund', 405, 200],
    ['delete', 'orders/records/ID/delete', 405, 200],
    ['the question before many are deleted', 'orders/bulk/bulkDelete?recordIds=ID', 200, 200],
  ])('are restricted: %s', async (_name, address, get, post) => {
    const id = await newOrder()
    const url = `${api}/${address.replace('ID', id)}`
    const fresh = await signIn(shop, staffPerson)
    expect((await fresh.visit(url, { method: 'HEAD' })).status).toBe(get)
    expect((await fresh.get(url)).status).toBe(get)
    expect(await shop.Order.findByPk(id)).not.toBeNull()
    expect((await fresh.post(url, { title: 'x' })).status).toBe(post)
  })

  it('are rejected from another site, even if they only read', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
    for (const [method, address] of [
      ['GET', `${order}/comment`],
      ['POST', `${order}/refund`],
      ['GET', '/admin/api/pages/greeting'],
    ] as const)
      expect(await staff.visit(address, { method, headers })).toMatchObject({ status: 403, code: 'cross_origin' })
  })

  it("are no wider for the site's resources than before", async () => {
    const boss = await signIn(shop, await createTestUser(shop, { superuser: true }))
    const person = `${api}/users/records/${staffPerson.id}`
    expect((await boss.get(`${person}/edit`)).status).toBe(405)
    expect((await boss.get(`${person}/endSessions`)).status).toBe(405)
    expect((await boss.post(`${api}/users/actions/list`)).status).toBe(405)
    const nested = { method: 'POST', body: '{"name":{"a":1}}', headers: { 'Content-Type': 'application/json' } }
    expect((await boss.visit(`${person}/edit`, nested)).status).toBe(400)
    expect((await boss.get(`${api}/users/actions/list?filters.password_hash=x`)).status).toBe(400)
  })
})

describe('a shop whose resources need a group', () => {
  let closed: HostSite
  const first = `${api}/orders/records/1`
  const greet = () => Promise.resolve({ text: 'Good day' })
  beforeAll(async () => {
    const pages = Object.fromEntries(
      ['greeting', 'view'].map((name) => [name, { component: 'Greeting', handler: greet }]),
    )
    closed = await startHostSite({ access: 'groups', options: () => ({ pages }) })
    await closed.Order.create({ title: 'Twelve eggs', amount: 12 })
  })
  afterAll(() => closed.close())

  it('shows nothing of it to staff without a group', async () => {
    const nobody = await signIn(closed, await createTestUser(closed, { groups: [] }))
    expect(await nobody.get(`${api}/orders/actions/list`)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect((await nobody.get('/admin')).text).not.toMatch(/"id":"orders"|"name":"greeting"/)
  })

  it('lets a member do what the group names, and find nothing else in menus, buttons and paths', async () => {
    const clerk = await member(closed, ['orders.view', 'orders.refund'])
    expect((await clerk.post(`${first}/refund`)).status).toBe(200)
    const list = await clerk.get(`${api}/orders/actions/list`)
    const buttons = z.object({ records: z.array(z.object({ recordActions: z.array(z.object({ name: z.string() })) })) })
    expect(buttons.parse(JSON.parse(list.text)).records[0]?.recordActions.map(({ name }) => name)).toEqual([
      'show',
      'refund',
    ])
    for (const refused of [`${first}/edit`, `${first}/delete`, `${first}/comment`, `${api}/customers/actions/new`])
      expect(await clerk.post(refused)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(await clerk.get(`${api}/customers/actions/list`)).toMatchObject({ status: 403 })
    expect(await clerk.get('/admin/api/pages/greeting')).toMatchObject({ status: 403 })
    expect((await clerk.get('/admin/pages/greeting')).status).toBe(403)
    expect((await clerk.get('/admin/resources/customers')).status).toBe(404)
    const { text } = await clerk.get('/admin/resources/orders')
    expect(text).toContain('"id":"orders"')
    expect(text).not.toMatch(/"id":"customers"|"name":"greeting"|"name":"comment"/)
  })

  it('denies changing or deleting what a user cannot see, since the answer would show it', async () => {
    const clerk = await member(closed, ['orders.change', 'orders.delete', 'orders.comment', 'orders.add'])
    for (const [method, refused] of [
      ['GET', `${first}/edit`],
      ['POST', `${first}/edit`],
      ['POST', `${first}/comment`],
      ['GET', `${api}/orders/bulk/bulkDelete?recordIds=1`],
    ] as const)
      expect(await clerk.visit(refused, { method })).toMatchObject({ status: 403, code: 'not_allowed' })
    expect((await clerk.post(`${api}/orders/actions/new`, { title: 'A loaf' })).status).toBe(200)
  })

  it('requires a separate permission for a page', async () => {
    const reader = await member(closed, ['pages.greeting'])
    expect((await reader.get('/admin/pages/greeting')).status).toBe(200)
    expect(JSON.parse((await reader.get('/admin/api/pages/greeting')).text)).toEqual({ text: 'Good day' })
    expect((await reader.get(`${first}/show`)).status).toBe(403)
    const all = await member(closed, ['*.view'])
    expect((await all.get(`${first}/show`)).status).toBe(200)
    for (const page of ['greeting', 'view']) expect((await all.get(`/admin/pages/${page}`)).status).toBe(403)
  })
})

describe('groups and the rules of the shop', () => {
  it('let all staff use the shop, whether they are in a group or not', async () => {
    const people = [
      await signIn(shop, await createTestUser(shop, { groups: [] })),
      await member(shop, []),
      await member(shop, ['users.view']),
    ]
    for (const browser of people) {
      expect((await browser.post(`${order}/refund`)).status).toBe(200)
      expect((await browser.get('/admin/pages/greeting')).status).toBe(200)
    }
    const [nobody] = people
    expect(await nobody?.get(`${api}/users/actions/list`)).toMatchObject({ status: 403, code: 'not_allowed' })
  })

  it('keep what the shop itself rejects rejected, also for superusers', async () => {
    const customer = `${api}/customers/records/1`
    expect((await boss.get(`${customer}/show`)).status).toBe(200)
    expect(await boss.post(`${customer}/delete`)).toMatchObject({ status: 403, code: 'not_allowed' })
  })

  it('treat a rule that returns a promise as a no', async () => {
    shop.calls.length = 0
    expect(await boss.post(`${order}/secretly`)).toMatchObject({ status: 403, code: 'not_allowed' })
    expect(shop.calls).toEqual([])
  })

  it('name what is missing for an action that requires a newer token, and accept it after the token', async () => {
    const person = await createTestUser(shop)
    const browser = await signIn(shop, person)
    const id = await newOrder()
    shop.clock.advance(301)
    const refused = await browser.post(`${api}/orders/records/${id}/delete`)
    expect(refused).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(JSON.parse(refused.text)).toMatchObject({ error: { missing: { reason: 'too_old', maxAge: 300 } } })
    expect((await browser.post(`${order}/refund`)).status).toBe(200)
    await browser.post('/account/verify', { otp_device: person.app?.persistentId ?? '', otp_token: person.code() })
    expect((await browser.post(`${api}/orders/records/${id}/delete`)).status).toBe(200)
  })
})

describe('hostile input', () => {
  const json = (body: string) => ({ method: 'POST', body, headers: { 'Content-Type': 'application/json' } })
  it.each([
    ['a name that reaches a prototype', 'orders/actions/list?filters.__proto__.x=1', {}, 400],
    ['a name for a regular expression', `orders/actions/list?${encodeURIComponent('filters.(a|a)*b')}=1`, {}, 400],
    ['a filter on a column that there is not', 'orders/actions/list?filters.secret=1', {}, 400],
    ['an order by a column that there is not', 'orders/actions/list?sortBy=secret', {}, 400],
    ['a search in a column that there is not', 'orders/actions/search/x?searchProperty=secret', {}, 400],
    ['a page that is no number', 'orders/actions/list?page=-1', {}, 400],
    ['a million rows', 'orders/actions/search/x?perPage=1000000', {}, 400],
    ['a zero byte', 'orders/actions/search/%00', {}, 400],
    ['an action of the wrong shape', 'orders/actions/show', {}, 404],
    ['an action from the prototype', 'orders/actions/constructor', {}, 404],
    ['a resource from the prototype', '__proto__/actions/list', {}, 404],
    ['a record that there is not', 'orders/records/999999/show', {}, 404],
    ['no record at all', 'orders/bulk/bulkDelete?recordIds=,', {}, 400],
    ['hostile JSON', 'orders/actions/upload', json('{"a":{"__proto__":{"x":1}}}'), 400],
    ['JSON without end', 'orders/actions/upload', json(`{"a":[${'[],'.repeat(2_000)}[]]}`), 400],
    ['a body of two megabytes', 'orders/actions/upload', json(`{"a":"${'x'.repeat(2 ** 21)}"}`), 413],
    [
      'a body of another type',
      'orders/actions/upload',
      { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/x' } },
      400,
    ],
  ])('is rejected before the shop sees it: %s', async (_name, address, visit, status) => {
    const answer = await staff.visit(`${api}/${address}`, visit)
    expect(answer.status).toBe(status)
    expect(messageOf(answer)).not.toMatch(/select|column|sequelize/i)
  })

  it('still includes what a form of the shop needs: nested values, hyphens, files', async () => {
    const body = JSON.stringify({ 'gift-wrap': { ribbons: [1, 2], note: null } })
    const { text } = await staff.visit(`${api}/orders/actions/upload`, json(body))
    expect(JSON.parse(text)).toMatchObject({ payload: { 'gift-wrap': { ribbons: [1, 2], note: null } } })
    const file = await staff.visit(`${api}/orders/actions/upload`, formWithFile())
    const kept = z.object({ payload: z.object({ scan: z.object({ path: z.string() }) }) }).parse(JSON.parse(file.text))
    await expect.poll(() => existsSync(kept.payload.scan.path)).toBe(false)
    expect(JSON.parse(file.text)).toMatchObject({
      payload: { scan: { name: '../a.txt', size: 5, type: 'text/plain' } },
    })
  })
})

describe('the page of the panel', () => {
  it('names everything of the shop as AdminJS does, in every language', async () => {
    for (const language of ['en', 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt-BR', 'ja', 'zh-CN']) {
      const { text } = await staff.visit('/admin', { headers: { 'Accept-Language': language } })
      const { locale } = JSON.parse(/id="panel-state">(.*?)<\/script>/.exec(text)?.[1] ?? '{}')
      const texts = locale.translations[locale.language]
      for (const column of ['user_id', 'device_id', 'group_id', 'method', 'confirmed', 'permissions', 'kinds', 'id'])
        expect([language, column, texts.properties?.[column]]).toEqual([language, column, undefined])
      expect(texts.resources.users.properties.id).toEqual(expect.any(String))
      expect(texts.labels.method).toBeUndefined()
      expect(texts.resources.phone_devices.labels.method.sms).toEqual(expect.any(String))
      expect(texts.actions.export).toBeUndefined()
      expect(texts.resources.orders.actions.export).toBeUndefined()
      expect(texts.resources.users.actions.export).toEqual(expect.any(String))
      expect(texts.resources.orders.messages.confirmDelete).not.toBe(texts.resources.users.messages.confirmDelete)
    }
  })

  it('can show sound, images created in the page and pages of its own origin, and nothing else', async () => {
    const policy = (await staff.get('/admin')).headers['content-security-policy']
    for (const part of [
      "img-src 'self' data: blob:",
      "media-src 'self' blob:",
      "frame-src 'self'",
      "default-src 'none'",
    ])
      expect(policy).toContain(part)
    expect(policy).not.toMatch(/object-src|unsafe|https:/)
  })

  it("shows the shop after the site's own resources, under its name, in the reader's language", async () => {
    const { text } = await staff.visit('/admin', { headers: { 'Accept-Language': 'de' } })
    const ids = [...text.matchAll(/"id":"(\w+)","name":/g)].map(([, id]) => id)
    expect(ids[0]).toBe('users')
    expect(ids.slice(-2)).toEqual(['orders', 'customers'])
    expect(text).toContain('<title>The Shop</title>')
    expect(text).toContain('"orders":"Bestellungen"')
    expect(text).toContain('"users":"Personen"')
  })

  it("loads the shop's components for signed-in users, under the same policy", async () => {
    const page = await staff.get('/admin')
    expect(page.text).toMatch(/src="\/admin-assets\/host-panel\.\w+\.js"/)
    expect(page.headers['content-security-policy']).toContain("script-src 'self';")
    expect(page.headers['content-security-policy']).not.toContain('unsafe')
    const script = await staff.get(await components())
    expect(script.headers).toMatchObject({ 'cache-control': 'private, max-age=31536000, immutable' })
    expect(script.text).toContain('AdminJS.UserComponents.Greeting = Greeting')
  })

  it('loads the small script if there is no shop', async () => {
    const plain = await startTestSite(shop.database)
    const { text } = await (await signIn(plain, await createTestUser(plain))).get('/admin')
    expect(text).toMatch(/src="\/admin-assets\/panel\.\w+\.js"/)
    expect(text).not.toContain('host-')
    await plain.close()
  })
})
