import { SiteError } from '../../errors.js'
import type { AdminJS, AdminJSOptions } from '../adminjs.js'
import { isOfHost } from './host-resources.js'

/**
 * Refuses a component of the host under a name by which our own resources find theirs. The
 * names of AdminJS's own components are for everybody to override.
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

/** Every component that an action or a property of ours names. */
function ownNames(admin: AdminJS): Set<string> {
  const options = admin.resources.filter((resource) => !isOfHost(resource)).map((each) => each.decorate().options)
  const named = JSON.stringify(options).matchAll(/"(?:component|list|show|edit|filter)":"(\w+)"/g)
  return new Set([...named].flatMap(([, name]) => name ?? []))
}
