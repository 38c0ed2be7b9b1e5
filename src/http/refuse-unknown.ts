import type { RequestHandler } from 'express'
import type { MethodsAt } from './known-addresses.js'
import { refuse } from './refuse.js'

/**
 * Refuses targets that are no path of this site, such as `*` (RFC 9112 §3.2.4). Node accepts
 * them, and express-session passes over them without giving the request a session.
 */
export const refuseOddTargets: RequestHandler = (req, res, next) => {
  if (req.path.startsWith('/')) next()
  else refuse(req, res, { status: 400, code: 'bad_request' })
}

/** Answers what no page has answered: 405 with `Allow` where an address is known by other methods, else 404. */
export function refuseUnknown(methodsAt: MethodsAt): RequestHandler {
  return (req, res) => {
    const allow = allowed(methodsAt(req.path))
    if (allow.length > 0) refuse(req, res, { status: 405, code: 'method_not_allowed', allow: allow.join(', ') })
    else refuse(req, res, { status: 404, code: 'not_found' })
  }
}

/** The same beside an application's own pages: what is unknown here may be known there. */
export function refuseMethod(methodsAt: MethodsAt): RequestHandler {
  const refuseOwn = refuseUnknown(methodsAt)
  return (req, res, next) => (methodsAt(req.path).size > 0 ? refuseOwn(req, res, next) : next())
}

/** HEAD is GET without a body. */
function allowed(methods: ReadonlySet<string>): string[] {
  const all = methods.has('get') ? [...methods, 'head'] : [...methods]
  return all.map((method) => method.toUpperCase()).toSorted()
}
