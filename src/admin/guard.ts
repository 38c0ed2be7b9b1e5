import type { Request, RequestHandler } from 'express'
import { reloadSessionAndUser } from '../auth/load-request-user.js'
import type { RequestUser } from '../auth/request-user.js'
import { readClientInfo } from '../http/client/read-client-info.js'
import { arrivalTime } from '../http/client/remember-client.js'
import { loginPath, safeNext } from '../http/paths/safe-next.js'
import { watchAdmin } from './host/watch-admin.js'
import { isApi } from './http/is-api.js'
import { PanelError } from './panel-error.js'
import type { PanelServices } from './panel-services.js'
import { PanelUser } from './panel-user.js'
import type { RequirementChecks } from './requirements.js'

type Entry = { may: true; user: RequestUser } | { may: false; code: 'not_authenticated' | 'not_verified' | 'not_staff' }

/** Permissions and requirements of the panel's resources. */
export interface PanelRules {
  /** Every permission for a host's resources and pages; null if all staff have them. */
  ofHost: readonly string[] | null
  isOpenTo: RequirementChecks['isOpenTo']
}

/**
 * Checks whether a user can enter the panel: only verified staff can. Loading the request's user
 * has already checked that the account is active.
 */
export function checkPanelAccess(user: RequestUser | undefined): Entry {
  if (!user) return { may: false, code: 'not_authenticated' }
  if (!user.isVerified()) return { may: false, code: 'not_verified' }
  return user.isStaff ? { may: true, user } : { may: false, code: 'not_staff' }
}

/**
 * Lets verified staff through and sets AdminJS's current admin. Other requests are redirected to
 * the login if they are for a page, and rejected if they are for the API. It makes no query.
 *
 * @param known is filled in after this handler is mounted, while the panel is built
 */
export function requirePanelAccess(services: PanelServices, known: PanelRules): RequestHandler {
  return (req, res, next) => {
    res.set('Cache-Control', 'no-store')
    const entry = checkPanelAccess(req.user)
    if (entry.may) {
      if (!req.complete) entered.set(req, known)
      const opens = (resourceId: string) => known.isOpenTo(req, resourceId)
      const user = new PanelUser(entry.user, readClientInfo(req), known.ofHost, opens, arrivalTime(req))
      introduce(req.session, currentAdmin(services, user))
      next()
    } else if (entry.code === 'not_staff' || isApi(req.path) || !isRead(req)) next(new PanelError(entry.code))
    else res.redirect(302, loginPath(safeNext(req.originalUrl)))
  }
}

/** Checks whether the login can redirect back to the request afterwards. */
const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD'

/** Wraps the user if there is a host, to warn about properties that its rules read and that do not exist. */
function currentAdmin(services: PanelServices, user: PanelUser): PanelUser {
  if (!services.admin) return user
  return watchAdmin(user, (name) =>
    warnOnce(
      services,
      'host_rule_property',
      `A rule or handler of the host application reads currentAdmin.${name}, which does not exist. currentAdmin.person is what the users adapter returned.`,
    ),
  )
}

/** Calls that passed the guard before their body had arrived. */
const entered = new WeakMap<Request, PanelRules>()

/**
 * Guards a call again after its body was read, if the body had not arrived before. Otherwise a
 * slow body could act with a session that has ended in the meantime.
 */
export function recheckPanelAccess(services: PanelServices): RequestHandler {
  return async (req, res, next) => {
    const known = entered.get(req)
    if (!known) return next()
    await reloadSessionAndUser(services, req)
    requirePanelAccess(services, known)(req, res, next)
  }
}

/** Sets AdminJS's user on the session. It is not enumerable, so that it is never stored with the session. */
function introduce(session: object, adminUser: PanelUser): void {
  Object.defineProperty(session, 'adminUser', { value: adminUser, enumerable: false, configurable: true })
}

type Services = Pick<PanelServices, 'log'>

const warned = new WeakMap<Services, Set<string>>()

/** Logs each warning once while the site runs. */
function warnOnce(services: Services, code: string, message: string): void {
  const before = warned.get(services) ?? new Set<string>()
  warned.set(services, before)
  if (before.has(message)) return
  before.add(message)
  services.log.warn({ code }, message)
}
