import { sign, unsign } from 'cookie-signature'
import type { Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import type { Pool } from 'pg'
import type { Clock } from '../../clock.js'
import { readCookie } from '../read-cookie.js'
import { saveBeforeRedirect } from './save-before-redirect.js'
import { type CheckSession, SessionStore } from './session-store.js'

export interface SessionOptions {
  pool: Pool
  clock: Clock
  check: CheckSession
  /** Newest first. The older ones still verify the cookies that they signed. */
  secrets: string[]
  /** Whether `BASE_URL` is https. */
  https: boolean
  /** Whether a host application can use express-session as well (host-isolation.ts). */
  hosted?: boolean
}

/** Returns the cookie's name. Browsers limit a `__Host-` cookie to this host and to https. */
export function sessionCookieName(https: boolean): string {
  return https ? '__Host-otp_session' : 'otp_session'
}

/** How the cookie is named and signed: newest secret first. */
interface SessionCookie {
  https: boolean
  secrets: readonly string[]
}

/**
 * Reads the session ID from a request's cookie and checks its signature, like express-session.
 * The session may have ended in the meantime; that is only known after a query.
 *
 * @returns null if there is no cookie that the site signed
 */
export function sessionNamed(req: Pick<Request, 'headers'>, { https, secrets }: SessionCookie): string | null {
  const value = readCookie(req, sessionCookieName(https))
  if (!value?.startsWith('s:')) return null
  const ids = secrets.map((secret) => unsign(value.slice(2), secret))
  return ids.find((id) => id !== false) || null
}

/** Whether a request has a session cookie that the site signed. */
export function hasSignedSessionCookie(req: Pick<Request, 'headers'>, options: SessionCookie): boolean {
  return sessionNamed(req, options) !== null
}

/** Sets a session's cookie on a response, like express-session. */
export function setSessionCookie(res: Response, sid: string, { https, secrets }: SessionCookie): void {
  const [newest = ''] = secrets
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const
  res.cookie(sessionCookieName(https), `s:${sign(sid, newest)}`, cookie)
}

/** Creates the middleware that loads a request's session. An anonymous request gets no cookie and no row. */
export function createSessions(options: SessionOptions): { middleware: RequestHandler[]; store: SessionStore } {
  const store = new SessionStore(options.pool, options.clock, options.check)
  const middleware = session({
    name: sessionCookieName(options.https),
    secret: options.secrets,
    store,
    resave: false,
    saveUninitialized: false,
    proxy: options.https,
    cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: options.https },
  })
  const load = options.hosted ? isolateSession(middleware, options.https) : middleware
  return { middleware: [...(options.https && !options.hosted ? [assumeHttps] : []), load, saveBeforeRedirect], store }
}

/**
 * Lets two instances of express-session work on one request. Each reads `req.session` when the
 * response is sent, and saves what it finds there. The site's instance gets a separate object, and
 * the request's properties read from it for as long as the site handles the request.
 */
function isolateSession(middleware: RequestHandler, https: boolean): RequestHandler {
  return (req, res, next) => {
    const { url, originalUrl, socket } = req
    const headers = https ? { ...req.headers, 'x-forwarded-proto': 'https' } : req.headers
    // Inherits nothing from the request: after a session of the site has ended, the host's must not show through.
    const own: Request = Object.assign(Object.create(null), { headers, url, originalUrl, connection: socket })
    for (const name of ['session', 'sessionID', 'sessionStore'] as const)
      Object.defineProperty(req, name, {
        get: () => own[name],
        set: (value: unknown) => {
          Reflect.set(own, name, value)
        },
        enumerable: true,
        configurable: true,
      })
    middleware(own, res, next)
  }
}

// With an https BASE_URL, this process or a proxy terminates TLS. Without the header,
// express-session would not set a Secure cookie on the plain connection behind the proxy.
const assumeHttps: RequestHandler = (req, _res, next) => {
  req.headers['x-forwarded-proto'] = 'https'
  next()
}
