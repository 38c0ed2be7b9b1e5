import type { RequestHandler } from 'express'
import type { PanelServices } from '../services.js'
import type { HostPanel } from './host-admin.js'
import { permissionText } from './host-permissions.js'

/**
 * What the host demands beyond verified staff, call by call: the requirement of the action,
 * of the permission behind it, or of the whole resource, the first that is named.
 */
export function checkRequirement(services: PanelServices, { requirements = {} }: HostPanel): RequestHandler {
  const guards = new Map(Object.entries(requirements).map(([name, each]) => [name, services.requires(each)]))
  return (req, res, next) => {
    const resource = String(req.params['resourceId'])
    const action = String(req.params['action'])
    const names = [`${resource}.${action}`, permissionText(resource, action), `${resource}.*`]
    const guard = names.map((name) => guards.get(name)).find((found) => found !== undefined)
    return guard ? guard(req, res, next) : next()
  }
}
