import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UsersAdapter } from '../../src/auth/host-users/users-adapter.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { recordOf, rowsOf } from '../admin/panel-site.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { adminContext, hostModels, type HostModels } from './host/host-models.js'
import { type Host, startHost } from './host.js'

const api = '/admin/api/resources'
const secret = Buffer.from('12345678901234567890')
const bob = {
  id: 502,
  email: 'bob@example.com',
  isStaff: true,
  role: 'viewer',
  hash: 'the-hash-of-bob',
  branch: { city: 'Ghent' },
}
const users: UsersAdapter = {
  findByLogin: () => Promise.resolve(bob),
  find: () => Promise.resolve(bob),
  checkPassword: () => Promise.resolve(true),
}

/** Properties that the current admin on the server does not have. */
const names = ['title', 'theme', 'avatarUrl', 'roles', 'Role', 'isAdmin']

let host: Host
let models: HostModels
let browser: HttpBrowser
const seen: unknown[] = []

beforeAll(async () => {
  models = await hostModels()
  const { Order } = models
  const admin = {
    resources: [
      {
        resource: Order,
        options: {
          actions: {
            list: {
              before: (request: { query?: object }, context: unknown) => {
                const { person } = adminContext(context)
                return { ...request, query: { ...request.query, 'filters.ownerId': String(person?.id) } }
              },
            },
            edit: { isAccessible: (context: unknown) => adminContext(context).person?.role !== 'viewer' },
            delete: { isAccessible: (context: unknown) => adminContext(context).role !== 'viewer' },
            // What the browser's `useCurrentAdmin()` has, or another AdminJS. The types name none of them.
            ...Object.fromEntries(
              names.map((name) => [
                `by${name}`,
                {
                  actionType: 'record' as const,
                  component: false,
                  isAccessible: (context: unknown) => Reflect.get(adminContext(context), name) !== 'viewer',
                  handler: () => ({}),
                },
              ]),
            ),
            ship: {
              actionType: 'record' as const,
              component: false,
              handler: (_request: unknown, _response: unknown, context: { record?: { toJSON(): object } }) => {
                const who = adminContext(context)
                seen.push(who.person, JSON.stringify(who), inspect(who), { ...who })
                return { record: context.record?.toJSON() }
              },
            },
          },
        },
      },
    ],
  }
  host = await startHost({ users, admin }, (app, site) => {
    app.use(site.router)
    app.get('/me', (req, res) => {
      seen.push(req.user?.person)
      res.json({ user: req.user })
    })
  })
  await Order.create({ id: 1, ownerId: 1, title: "someone else's" })
  await Order.create({ id: 2, ownerId: 502, title: "bob's" })
  browser = await enter()
})
afterAll(async () => {
  await host.close()
  await models.close()
})

/** Bob is the first user here, so the ID on the site is 1. */
async function enter(): Promise<HttpBrowser> {
  const visitor = host.browser()
  const password = () => visitor.post('/account/login', { username: 'bob', password: 'right' })
  await password()
  const user = { id: 1, email: bob.email }
  await host.database.sequelize.transaction((transaction) =>
    addTotpDevice(host.otp, transaction, { user, name: 'App', secret, confirmed: true }),
  )
  await password()
  host.clock.advance(30)
  const code = generateHotp(secret, timeStep(host.clock.now(), 30, 0), 6)
  expect((await visitor.post('/account/login', { otp_token: code })).status).toBe(303)
  return visitor
}

describe('the rules of an application with its own users', () => {
  it('find its own user, so that a list by owner shows only their rows', async () => {
    expect(rowsOf(await browser.get(`${api}/orders/actions/list`))).toMatchObject([{ title: "bob's" }])
    expect(await browser.post(`${api}/orders/records/1/edit`, { title: 'changed' })).toMatchObject({ status: 403 })
  })

  it('deny if they read what the current admin does not have, and the log names it once', async () => {
    expect(await browser.post(`${api}/orders/records/1/delete`)).toMatchObject({ status: 403, code: 'not_allowed' })
    await browser.get(`${api}/orders/actions/list`)
    const logged = host.log.filter((line) => line.includes('currentAdmin.role,'))
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('host_rule_property')
  })

  it.each(names)('deny if they read %s, also if AdminJS itself reads it elsewhere', async (name) => {
    const denied = await browser.post(`${api}/orders/records/2/by${name}`)
    expect(denied).toMatchObject({ status: 403, code: 'not_allowed' })
  })

  it('keep what the adapter returned on the server: no answer, page, log or copy contains it', async () => {
    seen.length = 0
    const shipped = await browser.post(`${api}/orders/records/2/ship`)
    expect(shipped.status).toBe(200)
    expect(recordOf(shipped).recordActions).toEqual([])
    const [person, ...copies] = seen
    expect(person).toBe(bob)
    const page = await browser.get('/admin/resources/orders')
    const me = await browser.get('/me')
    expect(JSON.parse(me.text)).toMatchObject({ user: { id: 1, email: bob.email } })
    expect(seen.at(-1)).toBe(bob)
    for (const said of [page.text, me.text, shipped.text, host.log.join(), inspect(copies)])
      expect(said).not.toMatch(/the-hash-of-bob|Ghent|viewer/)
  })

  it('cause no warning for what AdminJS itself reads', async () => {
    await browser.get('/admin')
    const ofRules = new RegExp(`currentAdmin\\.(${['role', ...names].join('|')}),`)
    expect(host.log.filter((line) => line.includes('host_rule_property') && !ofRules.test(line))).toEqual([])
  })
})
