import type { Request, RequestHandler, Response } from 'express'
import { isAcceptedForm } from '../../http/forms/read-form.js'
import type { AllowedMethods } from '../../http/paths/route-table.js'
import { setSessionCookie } from '../../http/sessions/sessions.js'
import type { Auth } from '../auth.js'
import { storeResponse } from './store-response.js'
import { readSubmission, type Submission } from './read-submission.js'
import type { StoredResponse } from './repeated-forms.js'
import { takeTurn } from './take-turn.js'

/**
 * Makes sending a form twice have the same effect as sending it once, for example if Enter was
 * pressed twice or a response was lost. The second request waits for the first and gets its
 * response, with a cookie of the same session, and nothing is done again. Rejected forms are
 * processed again, unless a code was generated that could not be delivered: that would send another one.
 *
 * Mount `claim` after the form is read and before the session is loaded, because the first request
 * may have consumed the session. Mount `keep` after the session.
 *
 * @param methodsAt the methods of the site's pages
 */
export function repeatResponses(
  auth: Auth,
  methodsAt: AllowedMethods,
): { claim: RequestHandler; keep: RequestHandler } {
  const underWay = new WeakMap<Request, Submission>()
  return {
    claim: async (req, res, next) => {
      const isSiteForm = req.method === 'POST' && methodsAt(req.path).has('post') && isAcceptedForm(req)
      const submission = isSiteForm ? readSubmission(req, { keys: auth.otp.keys, https: auth.https }) : null
      if (!submission) return next()
      const before = await takeTurn(auth, submission)
      if (before.answer) return repeat(auth, res, before.answer)
      if (before.claimed) underWay.set(req, submission)
      next()
    },
    keep: (req, res, next) => {
      const submission = underWay.get(req)
      if (submission) storeResponse(auth, req, res, submission)
      next()
    },
  }
}

function repeat(auth: Auth, res: Response, { status, headers, cookies, body, successor }: StoredResponse): void {
  res.status(status).set(headers).append('Set-Cookie', cookies)
  if (successor !== null) setSessionCookie(res, successor, { https: auth.https, secrets: auth.otp.keys.sessionSecrets })
  res.end(body)
}
