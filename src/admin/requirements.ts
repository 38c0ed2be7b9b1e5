import type { RequestHandler } from 'express'
import type { Requirement } from '../auth/requirement.js'
import { FRESH_SECONDS } from '../auth/step-up/require-fresh.js'
import { SiteError } from '../errors.js'
import type { AdminJS } from './adminjs.js'
import { permissionText } from './host/host-permissions.js'
import { idOf, isOfHost } from './host/host-resources.js'
import { writes } from './permissions.js'
import type { PanelServices } from './services.js'

/**
 * What calls ask beyond verified staff, by `resource.action`, by the permission behind it
 * (`orders.change`), or by `resource.*` for every action of it. `null`: nothing more.
 */
export type Requirements = Readonly<Record<string, Requirement | null>>

/**
 * The guard of each call of the panel. Where the application says nothing, whatever changes
 * people, their devices or their access wants a token within five minutes, as one's own
 * pages do (S-40, S-45); a host's resources ask for nothing more.
 *
 * @throws SiteError `requirement_invalid`, also for a name that nothing in the panel has
 */
export function checkRequirement(services: PanelServices, admin: AdminJS, given: Requirements): RequestHandler {
  refuseUnknown(admin, given)
  const fresh = services.requires({ maxAge: FRESH_SECONDS })
  const guards = new Map(Object.entries(given).map(([name, each]) => [name, each && services.requires(each)]))
  const ours = new Set(admin.resources.filter((resource) => !isOfHost(resource)).map(idOf))
  return (req, res, next) => {
    const [resource, action] = [String(req.params['resourceId']), String(req.params['action'])]
    const name = namesFor(resource, action).find((each) => guards.has(each))
    const usual = ours.has(resource) && writes(action) ? fresh : null
    const guard = name === undefined ? usual : guards.get(name)
    return guard ? guard(req, res, next) : next()
  }
}

/** Where the requirement of an action is looked for, in this order. */
function namesFor(resource: string, action: string): string[] {
  return [`${resource}.${action}`, permissionText(resource, action), `${resource}.*`]
}

/** A misspelt name would leave open what it was to close. */
function refuseUnknown({ resources }: AdminJS, given: Requirements): void {
  const known = new Set(
    resources.flatMap((resource) =>
      Object.keys(resource.decorate().actions).flatMap((action) => namesFor(idOf(resource), action)),
    ),
  )
  const unknown = Object.keys(given).find((name) => !known.has(name))
  if (unknown === undefined) return
  throw new SiteError(
    'requirement_invalid',
    `There is a requirement for "${unknown}", and the panel has no such action.`,
    'Write it as the id of a resource, a dot, and the name of an action or "*".',
  )
}
