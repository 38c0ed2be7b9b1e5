import { SiteError } from '../../errors.js'
import type { AdminJS } from '../adminjs.js'
import { idOf, isOfHost, type Resource } from './host-resources.js'
import type { TableGuard } from './table-guard.js'

/** What stands in front of the dot in permissions that are for no single resource: `pages.greeting`, `*.view`. */
const RESERVED = ['pages', '*']

/**
 * Refuses what would let our tables out past their allow-lists: one of them among the
 * host's resources, or a resource of the host under the id of one of ours. A whole Sequelize
 * among its `databases` may hold them too; those are left out without a word. Refuses
 * ids as well by which a permission for the resource would allow something else.
 *
 * @param given the host's `resources`, as they were written
 * @param unasked called with a resource whose server cannot be asked now, and why
 * @throws {SiteError} `host_resource_taken`
 */
export async function keepApart(
  admin: AdminJS,
  given: readonly unknown[],
  tables: TableGuard,
  unasked: (resource: Resource, fault: unknown) => void,
): Promise<void> {
  const named = new Set(given.flatMap(namesIn))
  const isNamed = (resource: Resource) =>
    named.has(resource) || Object.values(resource).some((value) => named.has(value))
  const aside = new Set<Resource>()
  for (const resource of admin.resources.filter(isOfHost)) {
    const isOwn = await tables.isOwn(resource).catch((fault: unknown) => {
      unasked(resource, fault)
      return false
    })
    if (isOwn && isNamed(resource)) throw taken('one of the tables of this site')
    if (isOwn) aside.add(resource)
  }
  admin.resources = admin.resources.filter((resource) => !aside.has(resource))
  const ids = new Set([...RESERVED, ...admin.resources.filter((resource) => !isOfHost(resource)).map(idOf)])
  const twin = admin.resources.find((resource) => isOfHost(resource) && ids.has(idOf(resource)))
  if (twin) throw taken(`the id "${idOf(twin)}"`)
}

/** `resources` takes a model by itself, or as `resource` beside its options. */
function namesIn(given: unknown): unknown[] {
  return typeof given === 'object' && given !== null ? [given, Reflect.get(given, 'resource')] : [given]
}

function taken(what: string): SiteError {
  return new SiteError(
    'host_resource_taken',
    `A resource in the AdminJS options uses ${what}.`,
    'Leave it out, or give it another ID in its options.',
  )
}
