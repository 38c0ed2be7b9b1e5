import { type Request, type RequestHandler, Router } from 'express'
import { rejectRequest } from '../../http/reject-request.js'
import { createAuthenticationOptions } from './authentication-options.js'
import type { Auth } from '../../auth/auth.js'
import { readLoginStep } from '../../auth/login/read-login-step.js'
import { keepKeyChallenge } from '../../auth/browser-challenge.js'

/** Creates the route of `/account/login/security-key`: the challenge for the token step and for the step-up. */
export function webauthnLoginRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.post('/account/login/security-key', postRequest(auth))
  return router
}

function postRequest(auth: Auth): RequestHandler {
  return async (req, res) => {
    const userId = await awaitedUser(auth, req)
    const request =
      userId === null ? null : await createAuthenticationOptions(auth.otp, userId, req.session.keyChallenge?.id)
    if (!request) return rejectRequest(req, res, { status: 401, code: 'not_authenticated' })
    keepKeyChallenge(req, 'verify', request.challenge)
    res.set('Cache-Control', 'no-store').json(request.options)
  }
}

/** Returns the user who is between password and token, or signed in. */
async function awaitedUser(auth: Auth, req: Request): Promise<number | null> {
  const stage = await readLoginStep(auth, req)
  return stage.step === 'token' ? stage.user.id : (req.user?.id ?? null)
}
