import type { Request, Response } from 'express'
import { withinSite } from '../../http/stand-beside.js'
import { isStepDone } from '../../http/step-done.js'
import type { Auth } from '../auth.js'
import { saveSession } from '../session.js'
import type { Submission } from './read-submission.js'
import { forgetForm, keepAnswer } from './repeated-forms.js'
import { faultForLog } from '../../fault-for-log.js'

/** What an answer is made of, beside its body and its cookies; the rest every answer has. */
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

/** Keeps the answer of a request, where its step is done, before the first byte of it goes out; else forgets the form. */
export function keepWhenAnswered(auth: Auth, req: Request, res: Response, submission: Submission): void {
  // Not so for one that named a session which had ended.
  const began = submission.sid === null || req.sessionID === submission.sid
  const { end } = res
  res.end = function answered(this: Response, ...given: unknown[]) {
    res.end = end
    const body = typeof given[0] === 'string' || Buffer.isBuffer(given[0]) ? given[0].toString() : ''
    settle(auth, req, res, { submission, began, body })
      .catch((fault: unknown) => req.log.error({ err: faultForLog(fault) }, 'could not store the response to a form'))
      .finally(() => Reflect.apply(end, this, given))
    return res
  }
}

interface Answered {
  submission: Submission
  /** Whether the session that the form named, if any, stood when it came. */
  began: boolean
  body: string
}

async function settle(auth: Auth, req: Request, res: Response, answered: Answered): Promise<void> {
  const { submission, began, body } = answered
  const { opened, ended } = await withinSite(req, () => sessionAfter(req, submission))
  // A form that was put aside may be refused after the token was taken.
  if (res.statusCode >= 400 && !(began && opened !== null)) return forgetForm(auth, submission.key)
  const isRepeatable = opened === null && !(began && ended) && !submission.isLink && !isStepDone(res)
  const answer = { status: res.statusCode, ...headOf(res), body, successor: opened, isRepeatable }
  await keepAnswer(auth, submission, { ...answer, at: Date.now() })
}

/** The session that a form has led to, written down; and whether the one that it named has ended. */
async function sessionAfter(req: Request, { sid }: Submission): Promise<{ opened: string | null; ended: boolean }> {
  // Null after the session was destroyed; express-session's types do not say so.
  const session: typeof req.session | null | undefined = req.session
  if (!session) return { opened: null, ended: true }
  const isSomebodys = session.userId !== undefined || session.pending !== undefined
  if (req.sessionID === sid || !isSomebodys) return { opened: null, ended: false }
  await saveSession(req)
  return { opened: req.sessionID, ended: false }
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
