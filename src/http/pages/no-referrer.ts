import type { RequestHandler } from 'express'

/**
 * Keeps a URL that contains a secret out of the `Referer` header, even for requests to this site.
 * With `no-referrer` alone, browsers would send `Origin: null` with the page's own form
 * (Fetch §3.1), which is rejected. Browsers apply the last policy that they know.
 */
export const noReferrer: RequestHandler = (_req, res, next) => {
  res.set('Referrer-Policy', 'no-referrer, strict-origin')
  next()
}
