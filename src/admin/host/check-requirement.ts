import type { RequestHandler } from 'express'
import { SiteError } from '../../errors.js'
import type { AdminJS } from '../adminjs.js'
import type { PanelServices } from '../services.js'
import type { HostPanel } from './host-admin.js'
import { permissionText } from './host-permissions.js'
import { idOf, isOfHost } from './host-resources.js'

/**
 * What the host demands beyond verified staff, call by call: the requirement of the action,
 * of the permission behind it, or of the whole resource, the first that is named.
 *
 * @throws {SiteError} `requirement_invalid`, also for a name that nothing in the panel has
 */
export function checkRequirement(services: PanelServices, admin: AdminJS, { requirements = {} }: HostPanel) {
  const known = new Set(admin.resources.filter(isOfHost).flatMap((resource) => namesOf(resource)))
  const unknown = Object.keys(requirements).find((name) => !known.has(name))
  if (unknown !== undefined) throw nothingOfThatName(unknown)
  const guards = new Map(Object.entries(requirements).map(([name, each]) => [name, services.requires(each)]))
  const check: RequestHandler = (req, res, next) => {
    const names = namesFor(String(req.params['resourceId']), String(req.params['action']))
    const guard = names.map((name) => guards.get(name)).find((found) => found !== undefined)
    return guard ? guard(req, res, next) : next()
  }
  return check
}

/** Where the requirement of an action is looked for, in this order. */
function namesFor(resource: string, action: string): string[] {
  return [`${resource}.${action}`, permissionText(resource, action), `${resource}.*`]
}

function namesOf(resource: AdminJS['resources'][number]): string[] {
  return Object.keys(resource.decorate().actions).flatMap((action) => namesFor(idOf(resource), action))
}

function nothingOfThatName(name: string): SiteError {
  return new SiteError(
    'requirement_invalid',
    `The admin option has a requirement for "${name}", and the application has no such action.`,
    'Write it as the id of a resource, a dot, and the name of an action or "*".',
  )
}
