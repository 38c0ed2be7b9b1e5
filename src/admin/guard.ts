import type { Request, RequestHandler } from 'express'
import type { RequestUser } from '../auth/request-user.js'
import { arrivalTime } from '../http/client-info.js'
import { loginAddress, safeNext } from '../http/safe-next.js'
import { isApi } from './http/is-api.js'
import { warnOnce } from './host/warn-once.js'
import { watchAdmin } from './host/watch-admin.js'
import { PanelUser } from './panel-user.js'
import { PanelRefusal } from './refusal.js'
import type { RequirementChecks } from './requirements.js'
import type { PanelServices } from './services.js'

type Entry = { may: true; user: RequestUser } | { may: false; code: 'not_authenticated' | 'not_verified' | 'not_staff' }

/** What the panel knows about its resources and pages. */
export interface PanelRules {
  /** Every permission of a host's resources and pages. */
  ofHost: readonly string[]
  isOpenTo: RequirementChecks['isOpenTo']
}

/**
 * The one question of the panel: verified staff may enter, nobody else (D-49). Whether
 * the account is active was settled when the request's user was loaded.
 */
export function mayEnter(user: RequestUser | undefined): Entry {
  if (!user) return { may: false, code: 'not_authenticated' }
  if (!user.isVerified()) return { may: false, code: 'not_verified' }
  return user.isStaff ? { may: true, user } : { may: false, code: 'not_staff' }
}

/**
 * Lets verified staff through and tells AdminJS who they are. Others are led from a page
 * to the login and back, and refused by the API. Costs no query.
 *
 * @param known filled in while the panel is built, which is after this handler is mounted
 */
export function guard(services: PanelServices, known: PanelRules): RequestHandler {
  return (req, res, next) => {
    res.set('Cache-Control', 'no-store')
    const entry = mayEnter(req.user)
    if (entry.may) {
      if (!req.complete) entered.set(req, known)
      const opens = (resourceId: string) => known.isOpenTo(req, resourceId)
      const user = new PanelUser(entry.user, services.originOf(req), known.ofHost, opens, arrivalTime(req))
      introduce(req.session, currentAdmin(services, user))
      next()
    } else if (entry.code === 'not_staff' || isApi(req.path) || !isRead(req)) next(new PanelRefusal(entry.code))
    else res.redirect(302, loginAddress(safeNext(req.originalUrl)))
  }
}

/** Only these can be led to the login and back. */
const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD'

/** Where there is code of an application, it is told of what it asks in vain. */
function currentAdmin({ admin, warn }: PanelServices, user: PanelUser): PanelUser {
  if (!admin) return user
  return watchAdmin(user, (name) =>
    warnOnce(
      warn,
      'host_rule_property',
      `A rule or handler of the host application reads currentAdmin.${name}, which does not exist. currentAdmin.person is what the users adapter returned.`,
    ),
  )
}

/** Calls that came in while their body was still on its way. */
const entered = new WeakMap<Request, PanelRules>()

/**
 * Asks once more, behind the reading of a body that was not there yet: whoever holds it
 * back must not act with a session that has been ended meanwhile.
 */
export function guardAgain(services: PanelServices): RequestHandler {
  return async (req, res, next) => {
    const known = entered.get(req)
    if (!known) return next()
    await services.readAgain(req)
    guard(services, known)(req, res, next)
  }
}

/** AdminJS looks for its user here. Not enumerable, so that it is never stored with the session. */
function introduce(session: object, adminUser: PanelUser): void {
  Object.defineProperty(session, 'adminUser', { value: adminUser, enumerable: false, configurable: true })
}
