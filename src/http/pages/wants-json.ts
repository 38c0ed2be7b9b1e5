import type { Request } from 'express'

/**
 * Whether a request expects JSON instead of a page: it calls the panel's API, or its `Accept`
 * prefers JSON to HTML.
 */
export function wantsJson(req: Request): boolean {
  return isApi(req.baseUrl + req.path) || req.accepts(['html', 'json']) === 'json'
}

/** @param path not the request target, which can include a host as well (RFC 9112 §3.2.2) */
function isApi(path: string): boolean {
  return /^\/admin\/api(\/|$)/i.test(path)
}
