import { type RequestHandler, Router } from 'express'

/**
 * One handler out of a guard and what it guards, for places that take a single one: a route
 * that a framework reads from a file, or a handler that must never be mounted without its
 * guard. A name of its own, and no second way to call `otpRequired`: it is good for every
 * guard, and types and readers see which of the two is meant.
 *
 * @example export const showReports = guarded(otpRequired(site.auth), (req, res) => { … })
 */
export function guarded(guard: RequestHandler, handler: RequestHandler): RequestHandler {
  return Router({ mergeParams: true }).use(guard, handler)
}
