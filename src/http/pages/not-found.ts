import type { RequestHandler } from 'express'
import type { AllowedMethods } from '../paths/route-table.js'
import { rejectRequest } from './reject-request.js'

/**
 * Rejects request targets that are not a path, such as `*` (RFC 9112 §3.2.4). Node accepts
 * them, and express-session gives such a request no session.
 */
export const rejectOddTargets: RequestHandler = (req, res, next) => {
  if (req.path.startsWith('/')) next()
  else rejectRequest(req, res, { status: 400, code: 'bad_request' })
}

/** Responds to requests without a route: 405 with `Allow` if the path has other methods, 404 if it has none. */
export function notFound(methodsAt: AllowedMethods): RequestHandler {
  return (req, res) => {
    const allow = allowed(methodsAt(req.path))
    if (allow.length > 0) rejectRequest(req, res, { status: 405, code: 'method_not_allowed', allow: allow.join(', ') })
    else rejectRequest(req, res, { status: 404, code: 'not_found' })
  }
}

/** Responds with 405 only, and passes unknown paths on to the host application, which may have them. */
export function methodNotAllowed(methodsAt: AllowedMethods): RequestHandler {
  const reject = notFound(methodsAt)
  return (req, res, next) => (methodsAt(req.path).size > 0 ? reject(req, res, next) : next())
}

/** Lists the methods for `Allow`. A route with GET also accepts HEAD. */
function allowed(methods: ReadonlySet<string>): string[] {
  const all = methods.has('get') ? [...methods, 'head'] : [...methods]
  return all.map((method) => method.toUpperCase()).toSorted()
}
