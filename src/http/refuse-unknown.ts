import type { IRouter, RequestHandler } from 'express'
import { matchesPath } from './match-path.js'
import { refuse } from './refuse.js'

/**
 * Answers what no page has answered: 405 with `Allow` where one of these routers knows the
 * address by other methods, else 404.
 */
export function refuseUnknown(routers: readonly IRouter[]): RequestHandler {
  return (req, res) => {
    const allow = allowedMethods(routers, req.path)
    if (allow.length > 0) refuse(req, res, { status: 405, code: 'method_not_allowed', allow: allow.join(', ') })
    else refuse(req, res, { status: 404, code: 'not_found' })
  }
}

/** The same beside an application's own pages: what is unknown here may be known there. */
export function refuseMethod(routers: readonly IRouter[]): RequestHandler {
  const refuseOwn = refuseUnknown(routers)
  return (req, res, next) => (allowedMethods(routers, req.path).length > 0 ? refuseOwn(req, res, next) : next())
}

/** Whether an address is one of these routers' or the panel's. */
export function knowsAddress(routers: readonly IRouter[], path: string): boolean {
  return /^\/admin(\/|$)/.test(path) || isAddressOf(routers, path)
}

/** Whether one of these routers has a page at this address. */
export function isAddressOf(routers: readonly IRouter[], path: string): boolean {
  return allowedMethods(routers, path).length > 0
}

function allowedMethods(routers: readonly IRouter[], path: string): string[] {
  const routes = routers.flatMap((router) => router.stack.flatMap(({ route }) => (route ? [route] : [])))
  const methods = new Set(
    routes.filter((route) => matchesPath(route.path, path)).flatMap((route) => route.stack.map(({ method }) => method)),
  )
  // HEAD is GET without a body.
  if (methods.has('get')) methods.add('head')
  return [...methods].map((method) => method.toUpperCase()).toSorted()
}
