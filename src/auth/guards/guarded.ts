import { type RequestHandler, Router } from 'express'

/**
 * Joins a guard and the handler that it guards into one handler, for places that take a single
 * one: a route that a framework reads from a file, or a handler that must never be mounted
 * without its guard. Works with every guard.
 *
 * @param guard middleware that either passes the request on or answers it, for example from `otpRequired`
 * @param handler runs only for requests that the guard has passed on
 * @returns a handler; errors of either go to `next`
 * @example export const showReports = guarded(otpRequired(site.auth), (req, res) => { … })
 */
export function guarded(guard: RequestHandler, handler: RequestHandler): RequestHandler {
  return Router({ mergeParams: true }).use(guard, handler)
}
