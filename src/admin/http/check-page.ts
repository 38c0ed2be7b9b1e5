import type { RequestHandler } from 'express'
import type { AdminJS } from '../adminjs.js'
import { getPanelUser } from '../panel-user.js'
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
    if (!admin.resources.some((resource) => resource.id() === resourceId)) throw new PanelError('not_found')
    if (!permission || !can(user, permission, String(resourceId))) throw new PanelError('not_found')
    next()
  }
}
