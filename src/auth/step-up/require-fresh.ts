import type { Request, RequestHandler } from 'express'
import { loginAddress, safeNext } from '../../http/safe-next.js'
import { userHasDevice } from '../../otp/devices-for-user.js'
import type { Auth } from '../auth.js'

/** Seconds within which a token must have been accepted before devices, password or address are changed (S-40, S-45). */
export const FRESH_SECONDS = 300

/**
 * Lets those pass whose last token is fresh, and those signed in who have no device that
 * could give one. Others are led to sign in, or to give a token again, and back. The one
 * guard of everything that changes how somebody signs in, for every verb and step: an
 * unverified session of somebody with a device never passes (F-28).
 */
export function requireFresh(auth: Auth, seconds = FRESH_SECONDS): RequestHandler {
  return async (req, res, next) => {
    const back = safeNext(req.originalUrl)
    if (!req.user) return res.redirect(302, loginAddress(back))
    if (isFresh(req, auth.clock.now(), seconds)) return next()
    const mustVerify = await userHasDevice(auth.otp, req.user.id)
    if (!mustVerify) return next()
    res.redirect(302, req.user.isVerified() ? verifyAddress(back) : loginAddress(back))
  }
}

/** Whether this session's last token was accepted within so many seconds. */
export function isFresh(req: Request, now: Date, seconds: number): boolean {
  const verifiedAt = req.user?.verifiedAt
  return verifiedAt ? now.getTime() - verifiedAt.getTime() <= seconds * 1000 : false
}

/** The step-up page, with the way back. */
export function verifyAddress(back: string | null): string {
  return back ? `/account/verify?next=${encodeURIComponent(back)}` : '/account/verify'
}
