import { type Request, type RequestHandler, type Response, Router } from 'express'
import { parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { wantsJson } from '../../http/pages/wants-json.js'
import type { Auth } from '../auth.js'
import { stepUpPath } from '../step-up-path.js'
import { pageAt } from '../session/way-back.js'
import { resumeRequest } from './resume-request.js'
import { formAt, showStepUp, nextPath } from './show-step-up.js'
import { readStepUp, stepUpForm, submitStepUp } from './submit-step-up.js'

/**
 * Creates the routes of `/account/verify`: a verified user enters another token, on pages or by
 * JSON. Mounted before every page whose form may have been stored, because it passes the form on.
 */
export function stepUpRoutes(auth: Auth): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guard = rejectUnverified(auth)
  router.get('/account/verify', guard, async (req, res) => {
    if (req.user) await showStepUp(auth, req, res, await readStepUp(auth, req, req.user), null)
  })
  router.post('/account/verify', ...parseForms(), guard, postToken(auth))
  return router
}

/** Redirects unverified users to the sign-in, after which their token is fresh. */
function rejectUnverified(auth: Auth): RequestHandler {
  return (req, res, next) => {
    if (req.user?.isVerified()) return next()
    if (!wantsJson(req)) return res.redirect(302, loginPath(pageAt(auth, nextPath(req))))
    if (req.user) rejectRequest(req, res, { status: 403, code: 'not_verified' })
    else rejectRequest(req, res, { status: 401, code: 'not_authenticated' })
  }
}

/** Responds if the session ended during the verification. */
function rejectEnded(auth: Auth, req: Request, res: Response): void {
  if (wantsJson(req)) rejectRequest(req, res, { status: 401, code: 'not_authenticated' })
  else res.redirect(303, loginPath(pageAt(auth, nextPath(req))))
}

function postToken(auth: Auth): RequestHandler {
  return async (req, res, next) => {
    const form = readForm(req, stepUpForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const stepUp = await readStepUp(auth, req, req.user)
    const answer = await submitStepUp(auth, req, stepUp, form)
    if (!answer.ok) return showStepUp(auth, req, res, stepUp, answer)
    if (answer.outcome === 'ended') return rejectEnded(auth, req, res)
    if (wantsJson(req)) return sendOutcome(res, answer.outcome)
    if (answer.outcome === 'challenged')
      return res.redirect(303, stepUpPath(nextPath(req), stepUp.kinds, formAt(req).name))
    await resumeRequest(auth, req, res, next)
  }
}

/** Responds with `{"verified":true}` or `{"challenged":true}`. */
function sendOutcome(res: Response, outcome: 'verified' | 'challenged'): void {
  res
    .set('Cache-Control', 'no-store')
    .vary('Accept')
    .json({ [outcome]: true })
}
