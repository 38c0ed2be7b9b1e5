import type { RequestHandler } from 'express'

/**
 * For pages whose address has a secret in it: it is never passed on as the referrer, not
 * even to this site. `no-referrer` alone would make browsers send `Origin: null` with the
 * page's own form (Fetch §3.1), which is refused; the last policy that a browser knows counts.
 */
export const hideToken: RequestHandler = (_req, res, next) => {
  res.set('Referrer-Policy', 'no-referrer, strict-origin')
  next()
}
