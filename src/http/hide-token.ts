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

/** As long as 40 characters of an address are in one piece, they may be a token: 240 bits in base64url. */
const LONG_PIECE = /[\w-]{40,}/g

/**
 * A path as it may be written down.
 *
 * @example withoutToken('/account/invitation/Zm9v…') // '/account/invitation/:token'
 */
export function withoutToken(path: string): string {
  return path.replace(LONG_PIECE, ':token')
}
