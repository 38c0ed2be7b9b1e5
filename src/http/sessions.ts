import type { RequestHandler } from 'express'
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
}

/** The cookie's name; browsers keep `__Host-` ones to this host, this path and https. */
export function sessionCookieName(https: boolean): string {
  return https ? '__Host-otp_session' : 'otp_session'
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
  return { middleware: [...(options.https ? [knowHttps] : []), middleware, saveBeforeRedirect], store }
}

// With an https BASE_URL TLS ends here or in front of here. express-session would set no
// Secure cookie over the plain hop behind a proxy unless it is told so.
const knowHttps: RequestHandler = (req, _res, next) => {
  req.headers['x-forwarded-proto'] = 'https'
  next()
}
