import type { Request, Response } from 'express'
import { runAsSite } from '../../http/host-isolation.js'
import { hasGeneratedCode, isStepDone } from '../../http/step-done.js'
import type { Auth } from '../auth.js'
import { saveSession } from '../session/session.js'
import { isChallengeForm } from './form-id.js'
import type { Submission } from './read-submission.js'
import { forgetForm, saveResponse } from './repeated-forms.js'
import { errorForLog } from '../../error-for-log.js'

/** The headers that are stored with a response. All others are set on every response. */
const HEADERS = [
  'location',
  'content-type',
  'content-language',
  'content-security-policy',
  'cache-control',
  'referrer-policy',
  'retry-after',
  'vary',
]

/** Stores the response of a finished step before its first byte is sent. Otherwise forgets the form. */
export function storeResponse(auth: Auth, req: Request, res: Response, submission: Submission): void {
  // False if the request named a session that had already ended.
  const began = submission.sid === null || req.sessionID === submission.sid
  const { end } = res
  res.end = function answered(this: Response, ...args: unknown[]) {
    res.end = end
    const body = typeof args[0] === 'string' || Buffer.isBuffer(args[0]) ? args[0].toString() : ''
    saveAnswer(auth, req, res, { submission, began, body })
      .catch((error: unknown) => req.log.error({ err: errorForLog(error) }, 'could not store the response to a form'))
      .finally(() => Reflect.apply(end, this, args))
    return res
  }
}

interface Answered {
  submission: Submission
  /** Whether the form's session, if it named one, was valid when the form arrived. */
  began: boolean
  body: string
}

async function saveAnswer(auth: Auth, req: Request, res: Response, answered: Answered): Promise<void> {
  const { submission, began, body } = answered
  const { opened, within, ended } = await runAsSite(req, () => sessionAfter(req, submission))
  const isChallenge = isChallengeForm(req)
  // A stored form can be rejected after the token was consumed, and a code can be generated but not delivered.
  const isDone = (began && opened !== null) || (isChallenge && hasGeneratedCode(res))
  if (res.statusCode >= 400 && !isDone) return forgetForm(auth, submission.key)
  const isOnce = submission.isLink || isStepDone(res) || isChallenge
  const isRepeatable = opened === null && !(began && ended) && !isOnce
  const answer = { status: res.statusCode, ...headOf(res), body, successor: opened, within, isRepeatable }
  await saveResponse(auth, submission, { ...answer, at: Date.now() })
}

interface SessionAfter {
  /** ID of a session that the form started. */
  opened: string | null
  /** ID of the user's session that the form named and that continues. */
  within: string | null
  /** Whether the session that the form named has ended. */
  ended: boolean
}

/** Saves the session that a form started, and finds what became of the one that it named. */
async function sessionAfter(req: Request, { sid }: Submission): Promise<SessionAfter> {
  // Null after the session was destroyed, which express-session's types leave out.
  const session: typeof req.session | null | undefined = req.session
  if (!session) return { opened: null, within: null, ended: true }
  const hasUser = session.userId !== undefined || session.pending !== undefined
  if (!hasUser) return { opened: null, within: null, ended: false }
  if (req.sessionID === sid) return { opened: null, within: sid, ended: false }
  await saveSession(req)
  return { opened: req.sessionID, within: null, ended: false }
}

function headOf(res: Response): { headers: Record<string, string>; cookies: string[] } {
  const headers = Object.fromEntries(
    HEADERS.flatMap((name) => {
      const value = res.getHeader(name)
      return value === undefined ? [] : [[name, String(value)]]
    }),
  )
  const cookies = [res.getHeader('set-cookie') ?? []].flat().map(String)
  return { headers, cookies }
}
