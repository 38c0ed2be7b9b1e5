import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { recordOf } from '../admin/panel-site.js'
import type { HttpResponse } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { member } from './host/join-group.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

const api = '/admin/api/resources'
const CARD = '4111 1111 1111 1111'
let shop: HostSite
/** The same shop, whose resources need a group. */
let closed: HostSite
let order: string

beforeAll(async () => {
  // The amount of an order is its customer here.
  const options = ({ Order, Customer }: Pick<HostSite, 'Order' | 'Customer'>) => ({
    resources: [
      { resource: Order, options: { properties: { amount: { reference: 'customers' } } } },
      { resource: Customer },
    ],
  })
  shop = await startHostSite({ options })
  closed = await startHostSite({ options, access: 'groups' })
  for (const { Customer, Order } of [shop, closed]) {
    const customer = await Customer.create({ name: 'Ada', card: CARD })
    const created = await Order.create({ title: 'Twelve eggs', amount: customer.get('id') })
    order = String(created.get('id'))
  }
})
afterAll(async () => {
  await shop.close()
  await closed.close()
})

const reads = [
  ['a list', () => `${api}/orders/actions/list`],
  ['a search', () => `${api}/orders/actions/search/eggs?searchProperty=title`],
  ['a record', () => `${api}/orders/records/${order}/show`],
  ['the form of a record', () => `${api}/orders/records/${order}/edit`],
  ['the question before many are deleted', () => `${api}/orders/bulk/bulkDelete?recordIds=${order}`],
] as const

/** What the answer contains about the order's customer. */
function customerIn({ text }: HttpResponse): unknown {
  const record = z.object({ populated: z.record(z.string(), z.unknown()) })
  const { records, record: one } = z
    .object({ records: z.array(record).optional(), record: record.optional() })
    .parse(JSON.parse(text))
  return (one ?? records?.[0])?.populated['amount']
}

describe('what a record of the shop refers to', () => {
  it.each(reads)('keeps its columns to itself: %s', async (_name, address) => {
    const staff = await signIn(shop, await createTestUser(shop))
    const answer = await staff.get(address())
    expect(answer.status).toBe(200)
    expect(answer.text).not.toContain(CARD)
  })

  it('has an ID, a title and the path to its own page', async () => {
    const staff = await signIn(shop, await createTestUser(shop))
    const customer = customerIn(await staff.get(`${api}/orders/actions/list`))
    expect(customer).toMatchObject({
      id: 1,
      title: 'Ada',
      params: {},
      recordActions: [{ name: 'show', resourceId: 'customers' }],
    })
  })

  it.each(reads)('is missing for users who cannot see it: %s', async (_name, address) => {
    const clerk = await member(closed, ['orders.view', 'orders.change', 'orders.delete'])
    const answer = await clerk.get(address())
    expect(answer.status).toBe(200)
    expect(answer.text).not.toMatch(/"Ada"|4111 1111/)
    expect(customerIn(answer)).toBeUndefined()
  })

  it('is reduced in the answer to a change, too', async () => {
    const staff = await signIn(shop, await createTestUser(shop))
    const answer = await staff.post(`${api}/orders/records/${order}/edit`, { title: 'Twelve eggs', amount: '1' })
    expect(recordOf(answer).params).toMatchObject({ amount: 1 })
    expect(answer.text).not.toContain(CARD)
  })
})
