import type { Database } from '../../db/connect.js'
import { SiteError } from '../../errors.js'
import type { AdminJS } from '../adminjs.js'
import { ListedResource } from '../resources/listed-resource.js'

export type Resource = AdminJS['resources'][number]

/** The id by which AdminJS's addresses name a resource: `options.id`, else the table's name. */
export const idOf = (resource: Resource): string => resource.decorate().id()

/** A resource that the host brought. Ours are all of one class. */
export const isOfHost = (resource: Resource): boolean => !(resource instanceof ListedResource)

/** What stands in front of the dot in permissions that are for no single resource: `pages.greeting`, `*.view`. */
const RESERVED = ['pages', '*']

/**
 * Refuses what would let our tables out past their allow-lists: one of them among the
 * host's resources, or a resource of the host under the id of one of ours. A whole Sequelize
 * among its `databases` may hold our models too; those are left out without a word. Refuses
 * ids as well by which a permission for the resource would allow something else.
 *
 * @param given the host's `resources`, as they were written
 * @throws {SiteError} `host_resource_taken`
 */
export function keepApart(admin: AdminJS, given: readonly unknown[], database: Database): void {
  if (given.some((each) => isOwnTable(database, modelIn(each)))) throw taken('one of the tables of this site')
  const isAside = (resource: Resource) => isOwnTable(database, Reflect.get(resource, 'SequelizeModel'))
  admin.resources = admin.resources.filter((resource) => !isOfHost(resource) || !isAside(resource))
  const ids = new Set([...RESERVED, ...admin.resources.filter((resource) => !isOfHost(resource)).map(idOf)])
  const twin = admin.resources.find((resource) => isOfHost(resource) && ids.has(idOf(resource)))
  if (twin) throw taken(`the id "${idOf(twin)}"`)
}

/** `resources` takes a model by itself, or as `resource` beside its options. */
function modelIn(given: unknown): unknown {
  return typeof given === 'object' && given !== null ? (Reflect.get(given, 'resource') ?? given) : given
}

/** One of our models, or another model over its table. */
function isOwnTable({ models, sequelize }: Database, model: unknown): boolean {
  if (typeof model !== 'function') return false
  const tables = Object.values(models).map(({ tableName }) => tableName)
  return Reflect.get(model, 'sequelize') === sequelize && tables.includes(Reflect.get(model, 'tableName'))
}

function taken(what: string): SiteError {
  return new SiteError(
    'host_resource_taken',
    `A resource of the AdminJS options has ${what}.`,
    'Leave it out, or give it another id in its options.',
  )
}
