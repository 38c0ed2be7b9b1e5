import type { Request, RequestHandler, Response } from 'express'
import { isForm } from '../../http/read-form.js'
import type { MethodsAt } from '../../http/known-addresses.js'
import { setSessionCookie } from '../../http/sessions.js'
import { pause } from '../../notify/pause.js'
import type { Auth } from '../auth.js'
import { keepWhenAnswered } from './keep-when-answered.js'
import { readSubmission, type Submission } from './read-submission.js'
import { claimForm, findAnswer, forgetForm, type KeptAnswer, stillStands } from './repeated-forms.js'

/** Milliseconds between two looks at what becomes of the same form. */
const LOOK = 40
/**
 * Milliseconds that the second of two forms waits for the first. Sending a code takes ten seconds
 * at most; the rest is for a machine that has other work as well. Less than a request may take (listen.ts).
 */
const LONGEST = 25_000

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

type Turn = { answer: KeptAnswer } | { answer: null; claimed: boolean }

/** The answer that the same form had, or the turn to answer it; neither where the first takes for ever. */
async function takeTurn(auth: Auth, submission: Submission): Promise<Turn> {
  const over = AbortSignal.timeout(LONGEST)
  let waited = false
  do {
    if (await claimForm(auth, submission)) return { answer: null, claimed: true }
    const found = await findAnswer(auth, submission)
    if (found?.answer && (await holds(auth, found.answer, waited))) return { answer: found.answer }
    if (found?.answer) await forgetForm(auth, found.key)
    waited ||= found?.answer === null
  } while (await pause(LOOK, over))
  return { answer: null, claimed: false }
}

/** Not where the session has ended meanwhile: signed out, used up by the next step, or the person was switched off. */
async function holds(auth: Auth, { isRepeatable, successor }: KeptAnswer, waited: boolean): Promise<boolean> {
  if (isRepeatable && !waited) return false
  return successor === null || stillStands(auth, successor)
}

function repeat(auth: Auth, res: Response, { status, headers, cookies, body, successor }: KeptAnswer): void {
  res.status(status).set(headers).append('Set-Cookie', cookies)
  if (successor !== null) setSessionCookie(res, successor, { https: auth.https, secrets: auth.otp.keys.sessionSecrets })
  res.end(body)
}
