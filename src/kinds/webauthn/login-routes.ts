import { type RequestHandler, Router } from 'express'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { createAuthenticationOptions } from './authentication-options.js'
import type { Auth } from '../../auth/auth.js'
import { findUserToVerify } from '../../auth/login/find-user-to-verify.js'
import { keepKeyChallenge } from '../../auth/browser-challenge.js'

/** Creates the route of `/account/login/security-key`: the challenge for the token step and for the step-up. */
export function webauthnLoginRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.post('/account/login/security-key', postOptions(auth))
  return router
}

function postOptions(auth: Auth): RequestHandler {
  return async (req, res) => {
    const userId = await findUserToVerify(auth, req)
    const created =
      userId === null ? null : await createAuthenticationOptions(auth.otp, userId, req.session.keyChallenge?.id)
    if (!created) return rejectRequest(req, res, { status: 401, code: 'not_authenticated' })
    keepKeyChallenge(req, 'verify', created.challenge)
    res.set('Cache-Control', 'no-store').json(created.options)
  }
}
