import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { MethodsAt } from './known-addresses.js'

/** Applies the site's rules to its own paths only, if a host application has others. */
export interface OwnAddresses {
  /** Whether a path is one of the site's, even if the host application has paths next to it. */
  knows(path: string): boolean
  rule(handler: RequestHandler): RequestHandler
  fault(handler: ErrorRequestHandler): ErrorRequestHandler
}

/**
 * Creates the wrappers that limit handlers to the site's own paths.
 *
 * @param methodsAt the methods of the site's pages; the panel's paths belong to the site, too
 * @param beside whether the site runs in a host application; if not, every path is the site's
 */
export function ownAddresses(methodsAt: MethodsAt, beside: boolean): OwnAddresses {
  const knows = (path: string) => /^\/admin(\/|$)/.test(path) || methodsAt(path).size > 0
  if (!beside) return { knows, rule: (handler) => handler, fault: (handler) => handler }
  return {
    knows,
    rule: (handler) => (req, res, next) => (knows(req.path) ? handler(req, res, next) : next()),
    fault: (handler) => (error, req, res, next) => (knows(req.path) ? handler(error, req, res, next) : next(error)),
  }
}
