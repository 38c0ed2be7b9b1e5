import path from 'node:path'
import { type AdminJSOptions, ComponentLoader } from 'adminjs'
import { DataTypes, type Model, type ModelStatic } from 'sequelize'
import { z } from 'zod'
import type { ActionHandler, ActionResponse } from '../../../src/admin/adminjs.js'
import type { HostPanel } from '../../../src/admin/host/host-admin.js'
import type { Database } from '../../../src/db/connect.js'
import { openTestDatabase } from '../../support/database.js'
import { startTestSite, type TestSite } from '../../support/site.js'
import './register-adapter.js'

/** A shop with orders and customers, whose AdminJS is part of the site's panel. */
export interface HostSite extends TestSite {
  Order: ModelStatic<Model>
  Customer: ModelStatic<Model>
  /** The calls that the shop's handlers received: action, method and requester. */
  calls: string[]
}

type Shop = Pick<HostSite, 'Order' | 'Customer' | 'calls'>

/** Options of the shop. `shop` receives the models and returns further options of AdminJS. */
export interface HostSiteOptions extends Omit<HostPanel, 'admin'> {
  options?: (shop: Shop, database: Database) => Partial<AdminJSOptions>
}

/** Starts the site with the shop in it, on a new database. */
export async function startHostSite({ options, ...rules }: HostSiteOptions = {}): Promise<HostSite> {
  const database = await openTestDatabase()
  const shop: Shop = { ...(await defineModels(database)), calls: [] }
  try {
    const admin = { admin: { ...optionsOf(shop), ...options?.(shop, database) }, ...rules }
    const site = await startTestSite(database, {}, undefined, { admin })
    const close = async () => {
      await site.close()
      await database.close()
    }
    return { ...site, ...shop, close }
  } catch (refusal) {
    await database.close()
    throw refusal
  }
}

async function defineModels({ sequelize }: Database) {
  const plain = { timestamps: false }
  const Customer = sequelize.define(
    'Customer',
    { name: DataTypes.STRING, card: DataTypes.STRING },
    { tableName: 'customers', ...plain },
  )
  const Order = sequelize.define(
    'Order',
    { title: { type: DataTypes.STRING, allowNull: false }, amount: DataTypes.INTEGER },
    { tableName: 'orders', ...plain },
  )
  await Customer.sync()
  await Order.sync()
  return { Customer, Order }
}

/** Creates a ComponentLoader with one component. */
export function loaderOf(name: string, file = 'Greeting.jsx'): ComponentLoader {
  const loader = new ComponentLoader()
  loader.add(name, path.join(import.meta.dirname, file))
  return loader
}

function optionsOf({ Order, Customer, calls }: Shop): AdminJSOptions {
  return {
    componentLoader: loaderOf('Greeting'),
    resources: [
      {
        resource: Order,
        options: { navigation: { name: 'Shop', icon: 'ShoppingCart' }, actions: orderActions(calls) },
      },
      { resource: Customer, options: { navigation: { name: 'Shop' }, actions: { delete: { isAccessible: false } } } },
    ],
    pages: { greeting: { component: 'Greeting', handler: () => Promise.resolve({ text: 'Good day' }) } },
    branding: { companyName: 'The Shop' },
    locale: {
      language: 'en',
      translations: { en: { labels: { orders: 'Sales' } }, de: { labels: { orders: 'Bestellungen' } } },
    },
  }
}

/** A handler that records that it was called, and by whom. */
function handler(calls: string[], name: string): ActionHandler<ActionResponse> {
  return (request, _response, { record, currentAdmin }) => {
    calls.push(`${name} ${request.method} ${currentAdmin?.email} ${String(currentAdmin?.['isSuperuser'])}`)
    const response = { record: record?.toJSON(currentAdmin), payload: request.payload }
    return Promise.resolve(response)
  }
}

/** A rule that the types would reject, as in a program without types. */
const promised = z.custom<() => boolean>().parse(() => Promise.resolve(false))

function orderActions(calls: string[]) {
  return {
    // Runs when it is called.
    refund: { actionType: 'record', component: false, handler: handler(calls, 'refund') },
    // Has its own page.
    comment: { actionType: 'record', component: 'Greeting', handler: handler(calls, 'comment') },
    // A mistake of the shop: AdminJS would treat the promise as true.
    secretly: {
      actionType: 'record',
      component: false,
      isAccessible: promised,
      handler: handler(calls, 'secretly'),
    },
    upload: { actionType: 'resource', component: 'Greeting', handler: handler(calls, 'upload') },
  } as const
}
