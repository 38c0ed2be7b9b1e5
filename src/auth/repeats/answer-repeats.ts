import type { Request, RequestHandler, Response } from 'express'
import { isForm } from '../../http/read-form.js'
import type { MethodsAt } from '../../http/known-addresses.js'
import { setSessionCookie } from '../../http/sessions.js'
import type { Auth } from '../auth.js'
import { keepWhenAnswered } from './keep-when-answered.js'
import { readSubmission, type Submission } from './read-submission.js'
import type { KeptAnswer } from './repeated-forms.js'
import { takeTurn } from './take-turn.js'

/**
 * Sending a form twice ends like sending it once: Enter pressed twice, an answer that got
 * lost. The second waits for the first and gets its answer, with a cookie of the very same
 * session, and nothing is done again. Refused forms are judged anew.
 *
 * Mount `claim` where the form is read and before the session is looked for, for the first
 * may have used it up, and `keep` behind the session.
 *
 * @param methodsAt of our pages
 */
export function answerRepeats(auth: Auth, methodsAt: MethodsAt): { claim: RequestHandler; keep: RequestHandler } {
  const underWay = new WeakMap<Request, Submission>()
  return {
    claim: async (req, res, next) => {
      const isOurs = req.method === 'POST' && methodsAt(req.path).has('post') && isForm(req)
      const submission = isOurs ? readSubmission(req, { keys: auth.otp.keys, https: auth.https }) : null
      if (!submission) return next()
      const before = await takeTurn(auth, submission)
      if (before.answer) return repeat(auth, res, before.answer)
      if (before.claimed) underWay.set(req, submission)
      next()
    },
    keep: (req, res, next) => {
      const submission = underWay.get(req)
      if (submission) keepWhenAnswered(auth, req, res, submission)
      next()
    },
  }
}

function repeat(auth: Auth, res: Response, { status, headers, cookies, body, successor }: KeptAnswer): void {
  res.status(status).set(headers).append('Set-Cookie', cookies)
  if (successor !== null) setSessionCookie(res, successor, { https: auth.https, secrets: auth.otp.keys.sessionSecrets })
  res.end(body)
}
