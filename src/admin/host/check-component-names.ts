import { SiteError } from '../../errors.js'
import type { AdminJS, AdminJSOptions } from '../adminjs.js'
import { isHostResource } from '../host-resources.js'

/**
 * Rejects a component of the host that has the same name as one of the panel's own. A host can
 * override AdminJS's components.
 *
 * @throws {SiteError} `host_component_taken`
 */
export function checkComponentNames(admin: AdminJS, { dashboard }: AdminJSOptions): void {
  const inUse = ownNames(admin)
  if (!dashboard?.component) inUse.add(admin.options.dashboard?.component ?? '')
  const twin = Object.keys(admin.componentLoader.getComponents()).find((name) => inUse.has(name))
  if (twin === undefined) return
  throw new SiteError(
    'host_component_taken',
    `The AdminJS options contain a component named "${twin}", which this panel already uses.`,
    'Give it another name in the ComponentLoader.',
  )
}

/** Collects the components that actions and properties of the site's resources use. */
function ownNames(admin: AdminJS): Set<string> {
  const options = admin.resources.filter((resource) => !isHostResource(resource)).map((each) => each.decorate().options)
  const named = JSON.stringify(options).matchAll(/"(?:component|list|show|edit|filter)":"(\w+)"/g)
  return new Set([...named].flatMap(([, name]) => name ?? []))
}
