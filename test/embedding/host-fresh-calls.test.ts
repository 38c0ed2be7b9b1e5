import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { addToNewGroup } from '../support/groups.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

const verify = '/account/verify'
let shop: HostSite
let order: string
let colleague: TestUser

beforeAll(async () => {
  shop = await startHostSite({
    access: 'groups',
    requirements: {
      'orders.refund': { maxAge: 60 },
      'orders.edit': { maxAge: 60 },
      'orders.bulkDelete': { maxAge: 60 },
      'orders.upload': { maxAge: 60 },
      'customers.*': { kinds: ['webauthn'] },
    },
  })
  const row = await shop.Order.create({ title: 'Twelve eggs', amount: 12 })
  order = String(row.get('id'))
  await shop.Customer.create({ name: 'Ada' })
  colleague = await createTestUser(shop)
})
afterAll(() => shop.close())

const ALL = ['view', 'change', 'delete', 'refund', 'upload'].flatMap((name) => [`orders.${name}`, `customers.${name}`])

const calls = {
  refund: () => `/admin/api/resources/orders/records/${order}/refund`,
  edit: () => `/admin/api/resources/orders/records/${order}/edit`,
  bulkDelete: () => `/admin/api/resources/orders/bulk/bulkDelete?recordIds=${order}`,
  upload: () => '/admin/api/resources/orders/actions/upload',
}
const names = ['refund', 'edit', 'upload', 'bulkDelete'] as const

async function stale(): Promise<{ person: TestUser; browser: HttpBrowser }> {
  const person = await createTestUser(shop, { groups: [] })
  await addToNewGroup(shop.database, [person.id], { permissions: ALL })
  const browser = await signIn(shop, person)
  shop.clock.advance(301)
  return { person, browser }
}

/** As a page's form would send it, and as the panel's own page does. */
const ways = {
  form: { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' },
  script: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
}
const send = (
  browser: HttpBrowser,
  call: string,
  headers: Record<string, string> = ways.script,
): Promise<HttpResponse> => browser.visit(call, { method: 'POST', body: 'title=Changed', headers })
const kept = async () => (await shop.database.pool.query('select count(*)::int as n from kept_requests')).rows[0].n
const state = async () =>
  JSON.stringify([await shop.Order.findAll({ raw: true }), shop.calls.filter((call) => !call.startsWith('list'))])

describe("a call that does not meet a host's requirement", () => {
  it.each(names.flatMap((name) => [[name, 'form'] as const, [name, 'script'] as const]))(
    'is not saved, so no token completes it: %s by a %s',
    async (name, way) => {
      const { person, browser } = await stale()
      const [before, forms] = [await state(), await kept()]
      const answer = await send(browser, calls[name](), ways[way])
      expect(answer).toMatchObject({ status: 403, code: 'step_up_required' })
      const given = await browser.post(verify, { otp_token: person.code(), next: calls[name]() })
      expect(given.status).toBe(303)
      expect([await state(), await kept()]).toEqual([before, forms])
    },
  )

  it.each<[string, string, object]>([
    ['is no longer staff', 'update users set is_staff = false where id = $1', { status: 403, code: 'not_staff' }],
    ['was switched off', 'update users set is_active = false where id = $1', { status: 401 }],
    ['was signed out everywhere', 'update users set auth_epoch = auth_epoch + 1 where id = $1', { status: 401 }],
  ])('is checked again after the user %s', async (_what, sql, expected) => {
    const { person, browser } = await stale()
    await send(browser, calls.refund())
    await browser.post(verify, { otp_token: person.code(), next: '/admin' })
    await shop.database.pool.query(sql, [person.id])
    const before = await state()
    for (const name of names) expect(await send(browser, calls[name]())).toMatchObject(expected)
    expect(await state()).toEqual(before)
  })

  it('is checked against the remaining permissions when it is sent again', async () => {
    const { person, browser } = await stale()
    await shop.database.pool.query('delete from user_groups where user_id = $1', [person.id])
    await addToNewGroup(shop.database, [person.id], { permissions: ['orders.view'] })
    for (const name of names) expect(await send(browser, calls[name]())).toMatchObject({ code: 'not_allowed' })
    await browser.post(verify, { otp_token: person.code(), next: '/admin' })
    for (const name of names) expect(await send(browser, calls[name]())).toMatchObject({ code: 'not_allowed' })
  })

  it('is not open to the session of another user who gave a token', async () => {
    const { browser } = await stale()
    await signIn(shop, colleague)
    expect(await send(browser, calls.refund())).toMatchObject({ code: 'step_up_required' })
  })

  it('is never met by a token of a kind that is not accepted', async () => {
    const { person, browser } = await stale()
    const call = '/admin/api/resources/customers/records/1/edit'
    expect(await send(browser, call)).toMatchObject({ status: 403, code: 'requirement_unmet' })
    await browser.post(verify, { otp_token: person.code(), next: call })
    expect(await send(browser, call)).toMatchObject({ status: 403, code: 'requirement_unmet' })
  })

  it.each(names)('runs when it is sent again with a token, until that is too old: %s', async (name) => {
    const { person, browser } = await stale()
    await send(browser, calls[name]())
    await browser.post(verify, { otp_token: person.code(), next: '/admin' })
    shop.clock.advance(61)
    expect(await send(browser, calls[name]())).toMatchObject({ code: 'step_up_required' })
    await browser.post(verify, { otp_token: person.code(), next: '/admin' })
    shop.clock.advance(59)
    expect((await send(browser, calls[name]())).status).toBe(200)
  })
})
