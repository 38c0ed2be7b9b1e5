import type { Request, RequestHandler } from 'express'
import { refuse } from './refuse.js'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What a browser says about the page that sent a request. */
export type Sender = Pick<Request, 'get'>

/**
 * Refuses a state-changing request that another site's page sent (ASVS 3.5.1). Browsers
 * send `Sec-Fetch-Site` to https and localhost, and `Origin` with every POST. A request
 * with neither and without a `Referer` is no browser's and carries nobody's cookie by accident.
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
  return SAFE_METHODS.has(req.method) || isOwnSender(req, ownOrigins)
}

/** Whether everything that a request says about its sender names this site; `none` is a typed URL. */
export function isOwnSender(req: Sender, own: ReadonlySet<string>): boolean {
  const site = req.get('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = req.get('origin')
  if (origin !== undefined && !own.has(origin)) return false
  return !namesAnother(req.get('referer'), own)
}

/** Browsers too old for the other two headers still send a `Referer`. One that is no URL names nobody. */
function namesAnother(referer: string | undefined, own: ReadonlySet<string>): boolean {
  return referer !== undefined && URL.canParse(referer) && !own.has(new URL(referer).origin)
}
