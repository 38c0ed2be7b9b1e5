import type { RequestHandler } from 'express'
import type { AdminJS } from '../adminjs.js'
import { panelUserOf } from '../panel-user.js'
import { PanelRefusal } from '../refusal.js'
import { mayOpen, mayUse } from './host-permissions.js'
import { idOf, isOfHost } from './host-resources.js'

/** Checks that the user can open a page of the host's resources. Requests for other resources are passed on. */
export function checkHostPage(admin: AdminJS): RequestHandler {
  return (req, _res, next) => {
    const { resourceId, action = 'list' } = req.params
    const resource = admin.resources.find((candidate) => isOfHost(candidate) && idOf(candidate) === resourceId)
    if (!resource) return next('route')
    const user = panelUserOf({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const isKnown = typeof action === 'string' && Object.hasOwn(resource.decorate().actions, action)
    if (!isKnown || !mayUse(user, idOf(resource), action)) throw new PanelRefusal('not_found')
    next()
  }
}

/** Checks that the user can open one of the host's pages. AdminJS itself has no permission check for pages. */
export function checkNamedPage(admin: AdminJS): RequestHandler {
  return (req, _res, next) => {
    const { pageName } = req.params
    const user = panelUserOf({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    if (typeof pageName !== 'string' || !Object.hasOwn(admin.options.pages ?? {}, pageName))
      throw new PanelRefusal('not_found')
    if (!mayOpen(user, pageName)) throw new PanelRefusal('not_allowed')
    next()
  }
}
