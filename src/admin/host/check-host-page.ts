import type { RequestHandler } from 'express'
import type { AdminJS } from '../adminjs.js'
import { getPanelUser } from '../panel-user.js'
import { PanelError } from '../panel-error.js'
import { canOpenPage, canUseAction } from './host-permissions.js'
import { resourceId, isHostResource } from '../host-resources.js'

/** Checks that the user can open a page of the host's resources. Requests for other resources are passed on. */
export function checkHostPage(admin: AdminJS): RequestHandler {
  return (req, _res, next) => {
    const { resourceId: id, action = 'list' } = req.params
    const resource = admin.resources.find((candidate) => isHostResource(candidate) && resourceId(candidate) === id)
    if (!resource) return next('route')
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const isKnown = typeof action === 'string' && Object.hasOwn(resource.decorate().actions, action)
    if (!isKnown || !canUseAction(user, resourceId(resource), action)) throw new PanelError('not_found')
    next()
  }
}

/** Checks that the user can open one of the host's pages. AdminJS itself has no permission check for pages. */
export function checkCustomPage(admin: AdminJS): RequestHandler {
  return (req, _res, next) => {
    const { pageName } = req.params
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    if (typeof pageName !== 'string' || !Object.hasOwn(admin.options.pages ?? {}, pageName))
      throw new PanelError('not_found')
    if (!canOpenPage(user, pageName)) throw new PanelError('not_allowed')
    next()
  }
}
