import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type ActionContext,
  type AdminJSOptions,
  AppError,
  ForbiddenError,
  NotFoundError,
  ValidationError,
} from '../../src/admin/adminjs.js'
import { messageOf } from '../admin/panel-site.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'
import { type PlainAdmin, startPlainAdmin } from './host/plain-admin.js'

const api = '/admin/api/resources'

/** What an application's handler answers. */
const answered: Record<string, object> = {
  success: { notice: { message: 'Sent with the evening van.', type: 'success' } },
  error: { notice: { message: 'The van is full.', type: 'error' } },
  info: { notice: { message: 'The van comes at noon.', type: 'info' } },
  warning: { notice: { message: 'The van is late.', type: 'warning' } },
  options: { notice: { message: 'sentWith', type: 'success', options: { van: 3 }, resourceId: 'orders' } },
  body: { notice: { message: 'Sent', body: 'By van 3', id: 'v3' } },
  redirect: { redirectUrl: '/admin/resources/orders', notice: { message: 'Back to the list.', type: 'success' } },
  elsewhere: { redirectUrl: '/report?a=1#end' },
  fields: {
    notice: { message: 'Look at the title.', type: 'error' },
    record: { params: { title: 'x' }, errors: { title: { type: 'taken', message: 'Ask Grace.' } }, populated: {} },
  },
  more: { list: [1, [2]], nothing: null, deep: { a: { b: 'Größe 🚲' } } },
}

/** What an application's handler throws. AdminJS itself answers the first group. */
const refusals: Record<string, () => unknown> = {
  invalid: () => new ValidationError({ title: { message: 'Ask Grace.', type: 'taken' } }),
  invalidWithWords: () => new ValidationError({ title: { message: 'Ask Grace.' } }, { message: 'Not on a Sunday.' }),
  invalidWithoutFields: () => new ValidationError({}, { message: 'Not on a Sunday.' }),
  forbidden: () => new ForbiddenError('Paid orders stay as they are.'),
  absent: () => new NotFoundError('This order went to the archive.', 'Shop'),
  app: () => new AppError('The till is closed.'),
  frozenForbidden: () => Object.freeze(new ForbiddenError('Paid orders stay as they are.')),
}
const faults: Record<string, () => unknown> = {
  error: () => new Error('mail server is down'),
  text: () => 'mail server is down',
  nothing: () => undefined,
  none: () => null,
  number: () => 404,
  object: () => ({ status: 404, message: 'mail server is down' }),
  frozen: () => Object.freeze(new Error('mail server is down')),
  sealed: () => Object.seal(new TypeError('mail server is down')),
  frozenObject: () => Object.freeze({ message: 'mail server is down' }),
  withoutPrototype: () => Object.assign(Object.create(null), { message: 'mail server is down' }),
  itsOwnCause: () => {
    const fault = new Error('mail server is down')
    fault.cause = fault
    return fault
  },
  many: () => new AggregateError([new Error('one')], 'mail server is down'),
  symbol: () => Symbol('mail server is down'),
  big: () => 10n,
  getter: () =>
    Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('mail server is down')
      },
    }),
  proxy: () =>
    new Proxy(new Error('x'), {
      get: () => {
        throw new Error('mail server is down')
      },
    }),
}

const kinds = ['record', 'resource', 'bulk'] as const
const action = (actionType: (typeof kinds)[number], work: (context: ActionContext) => object) => ({
  actionType,
  component: false as const,
  handler: (_request: unknown, _response: unknown, context: ActionContext) =>
    Promise.resolve().then(() => work(context)),
})
const outcomes: Record<string, () => object> = {
  ...Object.fromEntries(Object.entries(answered).map(([name, answer]) => [`answer_${name}`, () => answer])),
  ...Object.fromEntries(
    Object.entries({ ...refusals, ...faults }).map(([name, fault]) => [
      `throw_${name}`,
      () => {
        throw fault()
      },
    ]),
  ),
}

function optionsFor({ Order }: Pick<HostSite, 'Order'>): Partial<AdminJSOptions> {
  const actions = Object.entries(outcomes).flatMap(([name, work]) =>
    kinds.map((kind) => [
      `${name}_${kind}`,
      action(kind, ({ record, records }) => ({
        ...(kind === 'record' && { record: record?.toJSON() }),
        ...(kind === 'bulk' && { records: records?.map((each) => each.toJSON()) }),
        ...work(),
      })),
    ]),
  )
  const pages = Object.entries(outcomes).map(([name, work]) => [
    name,
    { component: 'Greeting', handler: () => Promise.resolve().then(work) },
  ])
  return {
    resources: [{ resource: Order, options: { actions: Object.fromEntries(actions) } }],
    pages: Object.fromEntries(pages),
  }
}

let shop: HostSite
let plain: PlainAdmin
let ours: HttpBrowser
let order: string

beforeAll(async () => {
  shop = await startHostSite({ options: optionsFor })
  const created = await shop.Order.create({ title: 'Twelve eggs', amount: 12 })
  order = String(created.get('id'))
  plain = await startPlainAdmin(optionsFor(shop))
  ours = await signIn(shop, await createTestUser(shop))
})
afterAll(async () => {
  await plain.close()
  await shop.close()
})

const addressOf = (name: string, kind: (typeof kinds)[number]) =>
  ({
    record: `${api}/orders/records/${order}/${name}_record`,
    resource: `${api}/orders/actions/${name}_resource`,
    bulk: `${api}/orders/bulk/${name}_bulk?recordIds=${order}`,
  })[kind]

const table = (names: object) => Object.keys(names).flatMap((name) => kinds.map((kind) => [name, kind] as const))

describe('an answer of a handler', () => {
  it.each(table(answered))('arrives as in plain AdminJS: %s of a %s', async (name, kind) => {
    const address = addressOf(`answer_${name}`, kind)
    const [here, there] = [await ours.post(address), await plain.browser.post(address)]
    expect([there.status, here.status]).toEqual([200, 200])
    expect(withoutButtons(here)).toEqual(withoutButtons(there))
  })

  it.each(Object.keys(answered))('arrives as in plain AdminJS: %s of a page', async (name) => {
    const address = `/admin/api/pages/answer_${name}`
    const [here, there] = [await ours.get(address), await plain.browser.get(address)]
    expect([here.status, JSON.parse(here.text)]).toEqual([there.status, JSON.parse(there.text)])
  })
})

/** AdminJS answers all with 200. These two have their own status here, and the same texts. */
const withStatus: Record<string, [number, string]> = {
  forbidden: [403, 'not_allowed'],
  frozenForbidden: [403, 'not_allowed'],
  absent: [404, 'not_found'],
}

describe('a rejection of a handler with its own text', () => {
  it.each(table(refusals))('has the text of plain AdminJS: %s of a %s', async (name, kind) => {
    const address = addressOf(`throw_${name}`, kind)
    const [here, there] = [await ours.post(address), await plain.browser.post(address)]
    const [status, code] = withStatus[name] ?? [200, undefined]
    expect([there.status, here.status, here.code]).toEqual([200, status, code])
    const [said, expected] = status === 200 ? [here, there].map(withoutButtons) : [messageOf(here), noticeIn(there)]
    expect(said).toEqual(expected)
  })
})

describe('an error of a handler', () => {
  it.each(table(faults))('is answered in JSON and logged: %s of a %s', async (name, kind) => {
    await expectFault(() => ours.post(addressOf(`throw_${name}`, kind)), name)
  })

  it.each(Object.keys(faults))('is answered in JSON and logged: %s of a page', async (name) => {
    await expectFault(() => ours.get(`/admin/api/pages/throw_${name}`), name)
  })
})

/** These have no text that could be read. */
const SILENT: ReadonlySet<string> = new Set([
  'nothing',
  'none',
  'number',
  'object',
  'frozenObject',
  'withoutPrototype',
  'symbol',
  'big',
  'getter',
  'proxy',
])

async function expectFault(ask: () => Promise<HttpResponse>, name: string) {
  shop.log.length = 0
  const answer = await ask()
  expect([answer.status, answer.code, answer.text]).toEqual([
    500,
    'internal',
    expect.stringContaining('may have been carried out in part'),
  ])
  expect(answer.text).not.toMatch(/mail server/)
  const logged = shop.log.join('')
  expect(logged).toMatch(/"msg":"unhandled error( in the panel)?"/)
  expect(logged).not.toMatch(/circular-ref-tag|not extensible|call stack/)
  expect(logged).toContain(SILENT.has(name) ? 'err' : 'mail server is down')
}

const noticeIn = ({ text }: HttpResponse) =>
  z.object({ notice: z.object({ message: z.string() }) }).parse(JSON.parse(text)).notice.message

const json = z.record(z.string(), z.unknown())

/** Buttons depend on permissions, which plain AdminJS does not have. */
function withoutButtons({ text }: HttpResponse): unknown {
  const strip = (given: unknown): unknown => {
    const { success, data } = json.safeParse(given)
    return success ? { ...data, recordActions: null, bulkActions: null } : given
  }
  const answer = json.parse(JSON.parse(text))
  const { records } = answer
  return { ...answer, record: strip(answer['record']), ...(Array.isArray(records) && { records: records.map(strip) }) }
}
