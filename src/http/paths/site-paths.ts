import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { AllowedMethods } from './route-table.js'

/** Applies the site's rules to its own paths only, if a host application has others. */
export interface SitePaths {
  /** Whether a path is one of the site's, even if the host application has paths next to it. */
  owns(path: string): boolean
  handler(handler: RequestHandler): RequestHandler
  errorHandler(handler: ErrorRequestHandler): ErrorRequestHandler
}

/**
 * Creates the wrappers that limit handlers to the site's own paths.
 *
 * @param methodsAt the methods of the site's pages; the panel's paths belong to the site, too
 * @param hosted whether the site runs in a host application; if not, every path is the site's
 */
export function sitePaths(methodsAt: AllowedMethods, hosted: boolean): SitePaths {
  const knows = (path: string) => /^\/admin(\/|$)/.test(path) || methodsAt(path).size > 0
  if (!hosted) return { owns: knows, handler: (handler) => handler, errorHandler: (handler) => handler }
  return {
    owns: knows,
    handler: (handler) => (req, res, next) => (knows(req.path) ? handler(req, res, next) : next()),
    errorHandler: (handler) => (error, req, res, next) =>
      knows(req.path) ? handler(error, req, res, next) : next(error),
  }
}
