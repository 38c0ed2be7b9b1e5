import type { RequestHandler } from 'express'
import { refuse } from '../http/refuse.js'
import { loginAddress, safeNext } from '../http/safe-next.js'
import { bringsSession, type SessionOptions } from '../http/sessions.js'

/** The panel's own two ways out and in: they lead to our pages, whoever asks. */
const OPEN = new Set(['/login', '/logout'])

/**
 * Turns away, without a look at the database, everyone who brings no session cookie that was
 * signed here. The panel's own guard asks again; this only makes strangers cheap.
 * Nobody is led back to what only takes a POST.
 */
export function refuseStrangers(cookie: Pick<SessionOptions, 'https' | 'secrets'>): RequestHandler {
  return (req, res, next) => {
    const isRead = req.method === 'GET' || req.method === 'HEAD'
    if (bringsSession(req, cookie) || (isRead && OPEN.has(req.path))) return next()
    if (!isRead || /^\/api(\/|$)/i.test(req.path)) return refuse(req, res, { status: 401, code: 'not_authenticated' })
    res.set('Cache-Control', 'no-store')
    res.redirect(302, loginAddress(safeNext(pageToReturnTo(req.originalUrl))))
  }
}

/** AdminJS has a sign-in page of its own; nobody comes back to that. */
function pageToReturnTo(address: string): string {
  return /^\/admin\/(login|logout)\/?(\?|$)/i.test(address) ? '/admin' : address
}
