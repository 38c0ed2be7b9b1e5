import type { RequestHandler } from 'express'
import { refuse } from '../http/refuse.js'
import { loginAddress, safeNext } from '../http/safe-next.js'
import { bringsSession, type SessionOptions } from '../http/sessions.js'

/**
 * Turns away, without a look at the database, whoever brings no session cookie that was
 * signed here. The panel's own guard asks again; this only makes strangers cheap.
 */
export function refuseStrangers(cookie: Pick<SessionOptions, 'https' | 'secrets'>): RequestHandler {
  return (req, res, next) => {
    if (bringsSession(req, cookie)) return next()
    if (/^\/api(\/|$)/i.test(req.path)) return refuse(req, res, { status: 401, code: 'not_authenticated' })
    res.set('Cache-Control', 'no-store')
    res.redirect(302, loginAddress(safeNext(pageToReturnTo(req.originalUrl))))
  }
}

/** AdminJS has a sign-in page of its own; nobody comes back to that. */
function pageToReturnTo(address: string): string {
  return /^\/admin\/(login|logout)(\?|$)/i.test(address) ? '/admin' : address
}
