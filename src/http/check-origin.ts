import type { Request, RequestHandler } from 'express'
import { refuse } from './refuse.js'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses a state-changing request that another site's page sent (ASVS 3.5.1). Browsers
 * send `Sec-Fetch-Site` to https and localhost, and `Origin` with every POST; a request
 * with neither is no browser's and carries nobody's cookie by accident.
 *
 * @param ownOrigins for example `['https://admin.example.com']`
 */
export function checkOrigin(ownOrigins: ReadonlySet<string>): RequestHandler {
  return (req, res, next) => {
    if (isFromHere(req, ownOrigins)) next()
    else refuse(req, res, { status: 403, code: 'cross_origin' })
  }
}

/** Whether a request changes nothing, or was sent from this site. */
export function isFromHere(req: Request, ownOrigins: ReadonlySet<string>): boolean {
  return SAFE_METHODS.has(req.method) || isOwnOrigin(req.get('sec-fetch-site'), req.get('origin'), ownOrigins)
}

/** Whether what a browser says of a request's sender names this site; `none` is a typed address. */
export function isOwnOrigin(site: string | undefined, origin: string | undefined, own: ReadonlySet<string>): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return origin === undefined || own.has(origin)
}
