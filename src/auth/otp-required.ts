import type { Request, RequestHandler } from 'express'
import { loginAddress, safeNext } from '../http/safe-next.js'
import { userHasDevice } from '../otp/devices-for-user.js'
import type { Auth } from './auth.js'

export interface OtpRequiredOptions {
  /** Let those pass, too, who have signed in and have no device that could verify them. */
  ifConfigured?: boolean
}

/**
 * Lets verified users pass. Everybody else is led to the sign-in page and back, which
 * asks strangers for everything and signed-in users for the token alone.
 *
 * @example app.get('/reports', otpRequired(auth), showReports)
 */
export function otpRequired(auth: Auth, options: OtpRequiredOptions = {}): RequestHandler {
  return async (req, res, next) => {
    const { user } = req
    const passes =
      user?.isVerified() || (user && options.ifConfigured === true && !(await userHasDevice(auth.otp, user.id)))
    if (passes) return next()
    res.redirect(302, loginAddress(wayBack(req)))
  }
}

/** After a refused POST people come back to the page of the same address. */
function wayBack(req: Request): string | null {
  return safeNext(req.originalUrl)
}
