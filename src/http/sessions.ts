import { parse } from 'cookie'
import { sign, unsign } from 'cookie-signature'
import type { Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import type { Pool } from 'pg'
import type { Clock } from '../clock.js'
import { saveBeforeRedirect } from './save-before-redirect.js'
import { SessionStore } from './session-store.js'

export interface SessionOptions {
  pool: Pool
  clock: Clock
  /** Newest first; the older ones still open cookies that they signed. */
  secrets: string[]
  /** Whether `BASE_URL` is https. */
  https: boolean
  /** Whether an application beside ours may have express-session, too (./stand-beside.ts). */
  beside?: boolean
}

/** The cookie's name; browsers keep `__Host-` ones to this host, this path and https. */
export function sessionCookieName(https: boolean): string {
  return https ? '__Host-otp_session' : 'otp_session'
}

/** How the cookie is called and signed: newest secret first. */
interface SessionCookie {
  https: boolean
  secrets: readonly string[]
}

/**
 * The id of the session that a request names, where it was signed here: as express-session
 * will read it. The session may have ended since; only the database knows.
 */
export function sessionNamed({ headers }: Pick<Request, 'headers'>, { https, secrets }: SessionCookie): string | null {
  const value = parse(headers.cookie ?? '')[sessionCookieName(https)]
  if (!value?.startsWith('s:')) return null
  const ids = secrets.map((secret) => unsign(value.slice(2), secret))
  return ids.find((id) => id !== false) || null
}

/** Whether a request brings the cookie of a session that began here. */
export function bringsSession(req: Pick<Request, 'headers'>, options: SessionCookie): boolean {
  return sessionNamed(req, options) !== null
}

/** Gives the browser of an answer the cookie of a session, as express-session would. */
export function setSessionCookie(res: Response, sid: string, { https, secrets }: SessionCookie): void {
  const [newest = ''] = secrets
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: https } as const
  res.cookie(sessionCookieName(https), `s:${sign(sid, newest)}`, cookie)
}

/** Loads the session of a request that has one. A stranger gets no cookie and no row. */
export function sessions(options: SessionOptions): { middleware: RequestHandler[]; store: SessionStore } {
  const store = new SessionStore(options.pool, options.clock)
  const middleware = session({
    name: sessionCookieName(options.https),
    secret: options.secrets,
    store,
    resave: false,
    saveUninitialized: false,
    proxy: options.https,
    cookie: { httpOnly: true, sameSite: 'lax', path: '/', secure: options.https },
  })
  const load = options.beside ? onItsOwn(middleware, options.https) : middleware
  return { middleware: [...(options.https && !options.beside ? [knowHttps] : []), load, saveBeforeRedirect], store }
}

/**
 * Two of express-session on one request: each looks at `req.session` when the answer goes
 * out, and saves whatever it finds there. Ours gets an object of its own to look at; the
 * request shows what stands there for as long as it is ours.
 */
function onItsOwn(middleware: RequestHandler, https: boolean): RequestHandler {
  return (req, res, next) => {
    const { url, originalUrl, socket } = req
    const headers = https ? { ...req.headers, 'x-forwarded-proto': 'https' } : req.headers
    // Nothing of the request is inherited: behind a session that has ended here is none.
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

// With an https BASE_URL TLS ends here or in front of here. express-session would set no
// Secure cookie over the plain hop behind a proxy unless it is told so.
const knowHttps: RequestHandler = (req, _res, next) => {
  req.headers['x-forwarded-proto'] = 'https'
  next()
}
