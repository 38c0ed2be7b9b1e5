import type { Request, RequestHandler } from 'express'
import { rejectRequest } from './pages/reject-request.js'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The headers with which a browser names the page that sent a request. */
export type Sender = Pick<Request, 'get'>

/** Why a request did not come from this site's pages: a key of `errors:`, with its values. */
export interface ForeignSender {
  text: 'cross_origin' | 'cross_origin_address' | 'cross_origin_hidden'
  values: { address: string }
}

/**
 * Rejects a state-changing request that another site's page sent (ASVS 3.5.1). Browsers
 * send `Sec-Fetch-Site` to https and localhost, and `Origin` with every POST. A request
 * with neither and without a `Referer` does not come from a browser, so no cookie was
 * attached without the sender's knowledge.
 *
 * @param ownOrigins for example `['https://admin.example.com']`, the public one first
 */
export function checkOrigin(ownOrigins: ReadonlySet<string>): RequestHandler {
  return (req, res, next) => {
    const foreign = foreignChange(req, ownOrigins)
    if (foreign) rejectRequest(req, res, { status: 403, code: 'cross_origin', ...foreign })
    else next()
  }
}

/** Finds out why a state-changing request is foreign. Null for requests of this site and for safe methods. */
export function foreignChange(req: Request, own: ReadonlySet<string>): ForeignSender | null {
  return SAFE_METHODS.has(req.method) ? null : foreignSender(req, own)
}

/**
 * Compares the headers that name a request's sender with this site's origins.
 * `Sec-Fetch-Site: none` is a URL that a person typed.
 *
 * @returns null if no header names another site
 */
export function foreignSender(req: Sender, own: ReadonlySet<string>): ForeignSender | null {
  const text = causeOf(req, own)
  const [address = ''] = own
  return text && { text, values: { address } }
}

function causeOf(req: Sender, own: ReadonlySet<string>): ForeignSender['text'] | null {
  const site = req.get('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'cross_origin'
  const origin = req.get('origin')
  if (origin === 'null') return 'cross_origin_hidden'
  if (origin !== undefined && !own.has(origin)) return textFor(req, origin)
  const referer = req.get('referer')
  return namesAnother(referer, own) ? textFor(req, referer) : null
}

/**
 * Picks the text. The browser may have opened this site under a name that is not in `BASE_URL`:
 * an IP address, `www`, or http in front of a proxy.
 */
function textFor(req: Sender, sender: string): ForeignSender['text'] {
  const isHere = URL.canParse(sender) && new URL(sender).host === req.get('host')
  return isHere ? 'cross_origin_address' : 'cross_origin'
}

/** Browsers too old for the other two headers still send a `Referer`. If it is not a URL, it names no site. */
function namesAnother(referer: string | undefined, own: ReadonlySet<string>): referer is string {
  return referer !== undefined && URL.canParse(referer) && !own.has(new URL(referer).origin)
}
