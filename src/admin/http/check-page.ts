import type { RequestHandler } from 'express'
import type { AdminJS } from '../adminjs.js'
import { getPanelUser, toCurrentAdmin } from '../panel-user.js'
import { can, actionPermissions } from '../permissions.js'
import { PanelError } from '../panel-error.js'

/** Responds with 404 to a page of an unknown resource or action, and to one that the user cannot open. */
export function checkPage(admin: AdminJS): RequestHandler {
  return (req, _res, next) => {
    const { resourceId, action = 'list' } = req.params
    if (resourceId === undefined) return next()
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const permission =
      typeof action === 'string' && Object.hasOwn(actionPermissions, action) ? actionPermissions[action] : undefined
    const resource = admin.resources.find((candidate) => candidate.id() === resourceId)
    if (!resource || !permission || !can(user, permission, resource.id())) throw new PanelError('not_found')
    // An action can be missing in spite of the permission: users of a host application are added there.
    const known = Object.entries(resource.decorate().actions).find(([name]) => name === action)?.[1]
    if (known && !known.isAccessible(toCurrentAdmin(user))) throw new PanelError('not_found')
    next()
  }
}
