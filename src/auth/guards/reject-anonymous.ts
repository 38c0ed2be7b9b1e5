import type { RequestHandler } from 'express'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath, safeNext } from '../../http/paths/safe-next.js'
import { hasSignedSessionCookie, type SessionOptions } from '../../http/sessions/sessions.js'

/** The panel's own paths for sign-in and sign-out. They redirect to the site's pages. */
const OPEN = new Set(['/login', '/logout'])

/**
 * Rejects requests without a session cookie that the site signed, without a query. The panel's
 * guard checks the session again; this makes anonymous requests cheap. A request that is not
 * a GET is not redirected, because its path may not have a page.
 */
export function rejectAnonymous(cookie: Pick<SessionOptions, 'https' | 'secrets'>): RequestHandler {
  return (req, res, next) => {
    const isRead = req.method === 'GET' || req.method === 'HEAD'
    if (hasSignedSessionCookie(req, cookie) || (isRead && OPEN.has(req.path))) return next()
    if (!isRead || /^\/api(\/|$)/i.test(req.path))
      return rejectRequest(req, res, { status: 401, code: 'not_authenticated' })
    res.set('Cache-Control', 'no-store')
    res.redirect(302, loginPath(safeNext(pageToReturnTo(req.originalUrl))))
  }
}

/** AdminJS has its own sign-in and sign-out pages, to which a user must not return. */
function pageToReturnTo(address: string): string {
  return /^\/admin\/(login|logout)\/?(\?|$)/i.test(address) ? '/admin' : address
}
