import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AppError, ForbiddenError, NotFoundError, ValidationError } from '../../src/admin/adminjs.js'
import { messageOf } from '../admin/panel-site.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, startHostSite } from './host/start-host-site.js'

const api = '/admin/api/resources'
let shop: HostSite
let browser: HttpBrowser
let order: string

/** As an HTTP client throws it when its server fails. */
const withStatus = (status: number) => Object.assign(new Error('mail server is down'), { status })

const thrown: Record<string, () => Error> = {
  fault: () => new Error('mail server is down'),
  status400: () => withStatus(400),
  status403: () => withStatus(403),
  status404: () => withStatus(404),
  status413: () => withStatus(413),
  forbidden: () => new ForbiddenError('Orders that are paid stay as they are.'),
  absent: () => new NotFoundError('This order went to the archive.', 'Shop'),
  invalid: () => new ValidationError({ title: { message: 'Ask Grace.' } }, { message: 'Not on a Sunday.' }),
  app: () => new AppError('The till is closed.'),
}

beforeAll(async () => {
  const options = ({ Order }: Pick<HostSite, 'Order'>) => {
    const action = (actionType: 'record' | 'resource' | 'bulk', error: () => Error) => ({
      actionType,
      component: false as const,
      handler: async () => {
        await Order.create({ title: 'Paid' })
        throw error()
      },
    })
    const actions = Object.entries(thrown).flatMap(([name, fault]) =>
      (['record', 'resource', 'bulk'] as const).map((kind) => [`${name}_${kind}`, action(kind, fault)]),
    )
    const pages = Object.entries(thrown).map(([name, fault]) => [
      name,
      { component: 'Greeting', handler: () => Promise.reject(fault()) },
    ])
    return {
      resources: [{ resource: Order, options: { actions: Object.fromEntries(actions) } }],
      pages: Object.fromEntries(pages),
    }
  }
  shop = await startHostSite({ options })
  browser = await signIn(shop, await createTestUser(shop))
  const created = await shop.Order.create({ title: 'Twelve eggs', amount: 12 })
  order = String(created.get('id'))
})
afterAll(() => shop.close())

function calls(name: string): Promise<HttpResponse>[] {
  return [
    browser.post(`${api}/orders/records/${order}/${name}_record`),
    browser.post(`${api}/orders/actions/${name}_resource`),
    browser.post(`${api}/orders/bulk/${name}_bulk?recordIds=${order}`),
    browser.get(`/admin/api/pages/${name}`),
  ]
}

describe("an error in the application's code", () => {
  it.each(['fault', 'status400', 'status403', 'status404', 'status413'])(
    'promises nothing, whichever fields the error has: %s',
    async (name) => {
      for (const answer of await Promise.all(calls(name))) {
        expect(answer).toMatchObject({ status: 500, code: 'internal' })
        expect(messageOf(answer)).toContain('may have been carried out in part')
        expect(answer.text).not.toMatch(/Nothing was changed|mail server/)
      }
    },
  )
})

describe("the application's own texts", () => {
  it.each([
    ['forbidden', 'Orders that are paid stay as they are.'],
    ['absent', 'This order went to the archive.'],
    ['invalid', 'Not on a Sunday.'],
    ['app', 'The till is closed.'],
  ])('are shown to the user: %s', async (name, words) => {
    for (const answer of await Promise.all(calls(name))) {
      expect(answer.text).toContain(words)
      expect(answer.text).not.toContain('Nothing was changed')
    }
  })

  it('name the fields, also on a page', async () => {
    const answer = await browser.get('/admin/api/pages/invalid')
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ error: { fields: { title: 'Ask Grace.' } } })
  })

  it("are the site's if it has none", async () => {
    expect(messageOf(await browser.get(`${api}/orders/records/999999/show`))).toBe(
      "This doesn't exist, or you don't have access to it.",
    )
  })
})

describe('a link to the API', () => {
  it('is rejected with the reason: only scripts can call it', async () => {
    const headers = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' }
    const answer = await browser.visit(`${api}/orders/records/${order}/show`, { headers })
    expect(answer).toMatchObject({ status: 403, code: 'cross_origin' })
    expect(messageOf(answer)).toContain('Only the panel itself can call')
    expect(messageOf(answer)).not.toContain('another site')
  })
})
