import { type Request, type RequestHandler, Router } from 'express'
import { parseForms } from '../../http/read-form.js'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import { userHasDevice } from '../../otp/devices-for-user.js'
import type { Auth } from '../auth.js'
import { keepRequest } from './keep-request.js'

/** Seconds within which a token must have been accepted before devices, password or address are changed (S-40, S-45). */
export const FRESH_SECONDS = 300

/**
 * Lets those pass whose last token is fresh, and those signed in who have no device that
 * could give one. Others are led to sign in, or to give a token again, and back; a form that
 * a verified user has posted is completed then. The one guard of everything that
 * changes how somebody signs in, for every verb and step: an unverified session of somebody
 * with a device never passes (F-28).
 */
export function requireFresh(auth: Auth, seconds = FRESH_SECONDS): RequestHandler {
  const keep = keepForm(auth)
  return async (req, res, next) => {
    const back = safeNext(req.originalUrl)
    if (!req.user) return res.redirect(302, loginAddress(back))
    if (isFresh(req, seconds)) return next()
    const mustVerify = await userHasDevice(auth.otp, req.user.id)
    if (!mustVerify) return next()
    if (!req.user.isVerified()) return res.redirect(302, loginAddress(back))
    delete req.session.kept
    if (req.method === 'POST') keep(req, res, next)
    else res.redirect(302, verifyAddress(back))
  }
}

/** Reads the form as its own page would, and what is no form of ours is refused by that. */
function keepForm(auth: Auth): RequestHandler {
  return Router().use(...parseForms(), async (req, res) => {
    const back = safeNext(req.originalUrl)
    if (req.user && back) await keepRequest(auth, req, req.user.id, back)
    res.redirect(302, verifyAddress(back))
  })
}

/** Whether this session's last token was accepted within so many seconds. */
export function isFresh(req: Request, seconds: number): boolean {
  return req.auth.freshness !== null && req.auth.freshness <= seconds
}

/** The step-up page, with the way back. */
export function verifyAddress(back: string | null): string {
  return back ? `/account/verify?next=${encodeURIComponent(back)}` : '/account/verify'
}
