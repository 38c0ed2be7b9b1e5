import type { Request } from 'express'

/**
 * Whether a request comes from a program that reads JSON, and not from a person who looks at
 * a page: it is a call of the panel's API, or its `Accept` prefers JSON to HTML.
 */
export function wantsJson(req: Request): boolean {
  return isApi(req.baseUrl + req.path) || req.accepts(['html', 'json']) === 'json'
}

/** @param path not the address as it was sent, which may name a host as well (RFC 9112 §3.2.2) */
function isApi(path: string): boolean {
  return /^\/admin\/api(\/|$)/i.test(path)
}
