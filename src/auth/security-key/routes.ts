import { type Request, type RequestHandler, Router } from 'express'
import { refuse } from '../../http/refuse.js'
import { requestKey } from '../../otp/webauthn/request-options.js'
import type { Auth } from '../auth.js'
import { readStage } from '../login/read-stage.js'
import { keepKeyChallenge } from '../browser-challenge.js'

/** Creates the route of `/account/login/security-key`: the challenge for the token step and for the step-up. */
export function securityKeyRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.post('/account/login/security-key', postRequest(auth))
  return router
}

function postRequest(auth: Auth): RequestHandler {
  return async (req, res) => {
    const userId = await awaitedUser(auth, req)
    const request = userId === null ? null : await requestKey(auth.otp, userId, req.session.keyChallenge?.id)
    if (!request) return refuse(req, res, { status: 401, code: 'not_authenticated' })
    keepKeyChallenge(req, 'verify', request.challenge)
    res.set('Cache-Control', 'no-store').json(request.options)
  }
}

/** Returns the user who is between password and token, or signed in. */
async function awaitedUser(auth: Auth, req: Request): Promise<number | null> {
  const stage = await readStage(auth, req)
  return stage.step === 'token' ? stage.user.id : (req.user?.id ?? null)
}
