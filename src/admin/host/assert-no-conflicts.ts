import { SiteError } from '../../errors.js'
import type { AdminJS } from '../adminjs.js'
import { resourceId, isHostResource, type AdminResource } from '../host-resources.js'
import { ALL_DEVICES } from '../permissions.js'
import type { TableGuard } from './table-guard.js'

/** First parts of permissions that are not for a single resource: `pages.greeting`, `*.view`, `*_devices.view`. */
const RESERVED = ['pages', '*', ALL_DEVICES]

/**
 * Rejects resources of the host that would bypass the allow-lists: one of the site's tables, or a
 * resource with the ID of one of the site's. The site's tables in a Sequelize among the host's
 * `databases` are removed without an error. Also rejects IDs whose permissions would allow
 * something else.
 *
 * @param entries the host's `resources` option
 * @param unasked is called with a resource whose database does not respond, and the error
 * @throws {SiteError} `host_resource_taken`
 */
export async function assertNoConflicts(
  admin: AdminJS,
  entries: readonly unknown[],
  tables: TableGuard,
  unasked: (resource: AdminResource, error: unknown) => void,
): Promise<void> {
  const named = new Set(entries.flatMap(namesIn))
  const isNamed = (resource: AdminResource) =>
    named.has(resource) || Object.values(resource).some((value) => named.has(value))
  const aside = new Set<AdminResource>()
  for (const resource of admin.resources.filter(isHostResource)) {
    const isOwn = await tables.isOwn(resource).catch((error: unknown) => {
      unasked(resource, error)
      return false
    })
    if (isOwn && isNamed(resource)) throw taken('one of the tables of this site')
    if (isOwn) aside.add(resource)
  }
  admin.resources = admin.resources.filter((resource) => !aside.has(resource))
  const ids = new Set([...RESERVED, ...admin.resources.filter((resource) => !isHostResource(resource)).map(resourceId)])
  const twin = admin.resources.find((resource) => isHostResource(resource) && ids.has(resourceId(resource)))
  if (twin) throw taken(`the id "${resourceId(twin)}"`)
}

/** Returns what an entry of `resources` can name: the entry is a model, or an object with a `resource` property. */
function namesIn(entry: unknown): unknown[] {
  return typeof entry === 'object' && entry !== null ? [entry, Reflect.get(entry, 'resource')] : [entry]
}

function taken(what: string): SiteError {
  return new SiteError(
    'host_resource_taken',
    `A resource in the AdminJS options uses ${what}.`,
    'Leave it out, or give it another ID in its options.',
  )
}
