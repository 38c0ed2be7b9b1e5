import { BaseRecord as AnyRecord, Filter, populator, ViewHelpers } from 'adminjs'
import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type ActionContext, type AdminJS, type AdminJSOptions, initializeStore } from '../../src/admin/adminjs.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { takeSnapshot } from '../security/snapshot.js'
import { createTestUser, signIn } from '../support/site.js'
import { type HostSite, loaderOf, startHostSite } from './host/start-host-site.js'
import { type PlainAdmin, startPlainAdmin } from './host/plain-admin.js'

type Resource = AdminJS['resources'][number]
type ReadRecord = Awaited<ReturnType<Resource['findOne']>>
interface Given {
  admin: AdminJS
  resource: Resource
  record: NonNullable<ReadRecord>
}

const request = (action: string) => ({
  params: { resourceId: 'parcels', recordId: '1', action },
  method: 'get' as const,
  query: {},
  payload: {},
})
const contextOf = ({ admin, resource, record }: Given, action: string): ActionContext => ({
  _admin: admin,
  resource,
  record,
  h: new ViewHelpers(),
  action: actionOf(resource, action),
})
function actionOf(resource: Resource, name: string): ActionContext['action'] {
  const action = resource.decorate().actions[name]
  if (!action) throw new Error(`There is no action ${name}.`)
  return action
}

/** What an application calls of AdminJS, each without a current admin. */
const calls: Record<string, (given: Given) => unknown> = {
  'record.toJSON()': ({ record }) => record.toJSON(),
  'new BaseRecord().toJSON()': ({ resource }) => new AnyRecord({ id: 1 }, resource).toJSON(),
  'resource.decorate().toJSON()': ({ resource }) => resource.decorate().toJSON(),
  'resourceActions()': ({ resource }) => resource.decorate().resourceActions(),
  'recordActions(record)': ({ resource, record }) => resource.decorate().recordActions(record),
  'bulkActions(record)': ({ resource, record }) => resource.decorate().bulkActions(record),
  'every isAccessible()': ({ resource, record }) =>
    Object.values(resource.decorate().actions).map((action) => [
      action.isAccessible(),
      action.isAccessible(undefined, record),
    ]),
  'every isVisible()': ({ resource, record }) =>
    Object.values(resource.decorate().actions).map((action) => [
      action.isVisible(),
      action.isVisible(undefined, record),
    ]),
  'every action.toJSON()': ({ resource }) =>
    Object.values(resource.decorate().actions).map((action) => action.toJSON()),
  'action.handler() of show': (given) =>
    actionOf(given.resource, 'show').handler(request('show'), {}, contextOf(given, 'show')),
  'action.invokeHandler() of show': (given) =>
    actionOf(given.resource, 'show').invokeHandler(request('show'), {}, contextOf(given, 'show')),
  'action.invokeBeforeHook()': (given) =>
    actionOf(given.resource, 'show').invokeBeforeHook(request('edit'), contextOf(given, 'edit')),
  'populator([record])': ({ record }) => populator([record]),
  'populator([record], context)': (given) => populator([given.record], contextOf(given, 'show')),
  'resource.find()': ({ resource }) => resource.find(new Filter({}, resource), { limit: 5, offset: 0 }),
  'resource.findOne()': ({ resource }) => resource.findOne('1'),
  'resource.findMany()': ({ resource }) => resource.findMany(['1']),
  'resource.count()': ({ resource }) => resource.count(new Filter({}, resource)),
  'record.update()': ({ record }) => record.update({ title: 'Eggs' }),
  ViewHelpers: () =>
    new ViewHelpers().recordActionUrl({
      resourceId: 'parcels',
      recordId: '1',
      actionName: 'show',
    }),
  'initializeStore(admin)': ({ admin }) => initializeStore(admin),
}

/** The result of each call: `done`, or what it threw. */
async function callAll({ _admin: admin }: Pick<ActionContext, '_admin'>): Promise<Record<string, string>> {
  const resource = admin.findResource('parcels')
  const record = await resource.findOne('1')
  if (!record) throw new Error('There is no parcel.')
  const given = { admin, resource, record }
  const outcomes = Object.entries(calls).map(
    async ([name, call]) => [name, await outcomeOf(() => call(given))] as const,
  )
  return Object.fromEntries(await Promise.all(outcomes))
}

const outcomeOf = async (work: () => unknown) =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'done',
      (error: unknown) => String(error),
    )

type WithAdmin = Pick<ActionContext, '_admin'>

/** Options that record the result of the calls at each place from which an application makes them. */
class Noted {
  readonly seen: Record<string, Record<string, string>> = {}
  admin: AdminJS | undefined

  async note(place: string, context: WithAdmin): Promise<void> {
    this.seen[place] = await callAll(context)
  }

  readonly keep = (admin: AdminJS, options: object) => {
    this.admin = admin
    return options
  }

  options(Parcel: ModelStatic<Model>): Partial<AdminJSOptions> {
    const action = (actionType: 'record' | 'resource' | 'bulk') => ({
      actionType,
      component: false as const,
      handler: async (_request: unknown, _response: unknown, context: ActionContext) => {
        await this.note(actionType, context)
        return { record: context.record?.toJSON(), records: context.records?.map((each) => each.toJSON()) }
      },
    })
    const hook =
      (place: string) =>
      async (given: unknown, ...others: readonly unknown[]) => {
        await this.note(place, withAdmin.parse(others.at(-1)))
        return given
      }
    const page = (place: string) => async (_request: unknown, _response: unknown, context: unknown) => {
      await this.note(place, withAdmin.parse(context))
      return {}
    }
    return {
      componentLoader: loaderOf('Greeting'),
      resources: [
        {
          resource: Parcel,
          features: [this.keep],
          options: {
            properties: { ownerId: { reference: 'parcels' } },
            actions: {
              pack: action('record'),
              weigh: action('resource'),
              send: action('bulk'),
              list: { before: hook('before'), after: hook('after') },
            },
          },
        },
      ],
      pages: { tour: { component: 'Greeting', handler: page('page') } },
      dashboard: { component: 'Greeting', handler: page('dashboard') },
    }
  }

  /** Calls every place. */
  async visit({ get, post }: Pick<HttpBrowser, 'get' | 'post'>): Promise<number[]> {
    const parcels = '/admin/api/resources/parcels'
    const answers = [
      await post(`${parcels}/records/1/pack`),
      await post(`${parcels}/actions/weigh`),
      await post(`${parcels}/bulk/send?recordIds=1`),
      await get(`${parcels}/actions/list`),
      await get('/admin/api/pages/tour'),
      await get('/admin/api/dashboard'),
    ]
    if (this.admin) await this.note('outside of requests', { _admin: this.admin })
    return answers.map(({ status }) => status)
  }
}

const withAdmin = z.custom<WithAdmin>((given) => typeof given === 'object' && given !== null && '_admin' in given)
const places = ['record', 'resource', 'bulk', 'before', 'after', 'page', 'dashboard', 'outside of requests']

/** A rule that was written for signed-in users. */
const asked: unknown[] = []
function rule({ currentAdmin }: ActionContext): boolean {
  asked.push(currentAdmin)
  if (!currentAdmin) throw new TypeError("Cannot read properties of undefined (reading 'email')")
  return currentAdmin.email !== ''
}

const inPanel = new Noted()
const inPlain = new Noted()
let shop: HostSite
let plain: PlainAdmin
let statuses: { panel: number[]; plain: number[] }

beforeAll(async () => {
  let options: Partial<AdminJSOptions> = {}
  shop = await startHostSite({
    options: (_shop, { sequelize }) => {
      const columns = { title: DataTypes.TEXT, ownerId: DataTypes.INTEGER }
      const Parcel = sequelize.define('Parcel', columns, { tableName: 'parcels', timestamps: false })
      options = inPlain.options(Parcel)
      const Label = sequelize.define(
        'Label',
        { user_id: DataTypes.INTEGER },
        { tableName: 'labels', timestamps: false },
      )
      const given = inPanel.options(Parcel)
      const properties = { user_id: { reference: 'users' } }
      const actions = { show: { isVisible: rule, isAccessible: rule } }
      return {
        ...given,
        resources: [...(given.resources ?? []), { resource: Label, options: { properties, actions } }],
      }
    },
  })
  await shop.database.sequelize.sync()
  await shop.database.sequelize.model('Label').create({ user_id: 1 })
  await shop.database.sequelize.model('Parcel').create({ title: 'Eggs', ownerId: 1 })
  plain = await startPlainAdmin(options)
  const browser = await signIn(shop, await createTestUser(shop))
  statuses = { panel: await inPanel.visit(browser), plain: await inPlain.visit(plain.browser) }
})
afterAll(async () => {
  await plain.close()
  await shop.close()
})

describe('a call of AdminJS by an application, without a current admin', () => {
  it('ends everywhere as in plain AdminJS', () => {
    expect(statuses.panel).toEqual(statuses.plain)
    for (const place of places)
      for (const name of Object.keys(calls))
        expect([place, name, inPanel.seen[place]?.[name]]).toEqual([place, name, inPlain.seen[place]?.[name]])
  })

  it('is permitted nothing', async () => {
    const resource = panelAdmin().findResource('parcels')
    const record = await resource.findOne('1')
    expect(record?.toJSON()).toMatchObject({ params: { title: 'Eggs' }, recordActions: [], bulkActions: [] })
    expect(resource.decorate().toJSON()).toMatchObject({ id: 'parcels', resourceActions: [] })
    for (const action of Object.values(resource.decorate().actions)) {
      expect([action.name, action.isAccessible(), action.isVisible()]).toEqual([action.name, false, false])
      const context = contextOf(
        { admin: panelAdmin(), resource, record: record ?? new AnyRecord({}, resource) },
        action.name,
      )
      expect(() => action.canInvokeAction(context)).toThrow('You cannot perform this action')
    }
  })

  it.each(['users', 'groups', 'user_groups', 'totp_devices', 'static_tokens', 'trusted_browsers', 'audit_events'])(
    "finds nothing of the site's own %s, and ends",
    async (id) => {
      const resource = panelAdmin().findResource(id)
      const filter = new Filter({}, resource)
      expect(await resource.find(filter, {})).toEqual([])
      expect(await resource.count(filter)).toBe(0)
      expect(await resource.findOne('1')).toBeNull()
      expect(await resource.findMany(['1', 'x'])).toEqual([])
      expect(resource.decorate().toJSON()).toMatchObject({ id, resourceActions: [] })
    },
  )

  it.each(['users', 'groups', 'user_groups', 'totp_devices', 'trusted_browsers'])(
    "changes nothing of the site's own %s: each action is rejected",
    async (id) => {
      const admin = panelAdmin()
      const resource = admin.findResource(id)
      const record = new AnyRecord({ id: 1 }, resource)
      const before = await takeSnapshot(shop.database)
      for (const [name, action] of Object.entries(resource.decorate().actions)) {
        const context = { ...contextOf({ admin, resource, record }, name), records: [record] }
        const call = { ...request(name), method: 'post' as const, payload: { user_id: '1', group_id: '1', name: 'x' } }
        const outcome = await outcomeOf(() => action.invokeHandler(call, { locals: {} }, context))
        expect([name, outcome]).toEqual([name, expect.not.stringContaining('without its guard')])
      }
      expect(await takeSnapshot(shop.database)).toEqual(before)
    },
  )

  it.each(['users', 'groups', 'user_groups', 'totp_devices', 'static_tokens', 'trusted_browsers', 'audit_events'])(
    "writes nothing to the site's own %s through a resource or a record",
    async (id) => {
      const resource = panelAdmin().findResource(id)
      const record = new AnyRecord({ id: 1 }, resource)
      const params = {
        id: '1',
        is_superuser: true,
        confirmed: true,
        name: 'x',
        user_id: 1,
        group_id: 1,
        permissions: [],
      }
      const before = await takeSnapshot(shop.database)
      const outcomes = await Promise.all([
        outcomeOf(() => resource.create(params)),
        outcomeOf(() => resource.update('1', params)),
        outcomeOf(() => resource.delete('1')),
        outcomeOf(() => record.update(params)),
        outcomeOf(() => record.save()),
        outcomeOf(() => new AnyRecord(params, resource).create()),
      ])
      expect(outcomes).not.toContain('done')
      expect(await takeSnapshot(shop.database)).toEqual(before)
    },
  )

  it("leaves the site's records that a row refers to unpopulated", async () => {
    const admin = panelAdmin()
    const [record] = await admin.findResource('labels').findMany(['1'])
    const [populated] = await populator(record ? [record] : [])
    expect(populated?.toJSON()).toMatchObject({ params: { user_id: 1 }, populated: {} })
  })

  it("returns nothing of the site's own landing page", async () => {
    const noted = new Noted()
    const other = await startHostSite({
      options: ({ Order }) => ({ resources: [{ resource: Order, features: [noted.keep] }] }),
    })
    const handler = noted.admin?.options.dashboard.handler
    for (const context of [{}, { currentAdmin: { id: '1', email: 'x' } }, undefined])
      expect(await handler?.({}, {}, z.custom<ActionContext>().parse(context))).toEqual({
        events: null,
        withoutDevice: null,
      })
    await other.close()
  })

  it('runs no rule of the application without a user', async () => {
    const resource = panelAdmin().findResource('labels')
    const record = await resource.findOne('1')
    asked.length = 0
    expect(record?.toJSON()).toMatchObject({ recordActions: [] })
    resource.decorate().toJSON()
    expect(asked).toEqual([])
  })
})

function panelAdmin(): AdminJS {
  if (!inPanel.admin) throw new Error('The panel has no AdminJS.')
  return inPanel.admin
}
