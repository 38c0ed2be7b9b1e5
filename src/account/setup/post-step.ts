import type { Request, RequestHandler, Response } from 'express'
import { explainToken } from '../../auth/explain-token.js'
import { enrolmentRight, setUpAddress } from '../../auth/enrolment.js'
import type { RequestUser } from '../../auth/request-user.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { safeNext } from '../../http/safe-next.js'
import type { Verification } from '../../otp/device.js'
import { confirmDevice } from '../../otp/verify-token.js'
import type { Account } from '../account.js'
import { beginSetUp } from './begin-set-up.js'
import { finishSetUp, openSetUp } from './finish-set-up.js'
import { setUpForm } from './forms.js'
import { methodsOf } from './methods.js'
import { readSetUp } from './read-set-up.js'
import { showConfiguration, showIntroduction, showMethods, type StepRefusal } from './show-step.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** One posted step: a token confirms, a method begins, nothing at all leads on from the introduction. */
export function postStep(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, setUpForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const next = safeNext(form.next)
    if (form.otp_token !== undefined) await confirm(account, req, res, req.user, form.otp_token, next)
    else if (form.method !== undefined) await choose(account, req, res, req.user, form.method, next)
    else await leadOn(account, req, res, req.user, next)
  }
}

/** A choice of one is none. */
async function leadOn(account: Account, req: Request, res: Response, user: RequestUser, next: string | null) {
  const [first, ...others] = methodsOf(account, req)
  if (first && others.length === 0) return choose(account, req, res, user, first.name, next)
  const address = new URLSearchParams({ step: 'method', ...(next && { next }) })
  res.redirect(303, `/account/two-factor/setup?${address.toString()}`)
}

async function choose(
  account: Account,
  req: Request,
  res: Response,
  user: RequestUser,
  name: string,
  next: string | null,
): Promise<void> {
  const method = methodsOf(account, req).find((candidate) => candidate.name === name)
  if (!method) return showMethods(account, req, res, next, { code: 'method_not_offered', status: 422 })
  if (method.path !== null) return res.redirect(303, withNext(method.path, next))
  await beginSetUp(account, req, user)
  res.redirect(303, setUpAddress(next))
}

/** The first code: while it is wrong the key stays the same (F-30). */
async function confirm(
  account: Account,
  req: Request,
  res: Response,
  user: RequestUser,
  token: string,
  next: string | null,
): Promise<void> {
  const setUp = await readSetUp(account, req)
  if (!setUp) return showIntroduction(req, res, next, { code: 'set_up_expired', status: 422 })
  if (isBlank(token)) return showConfiguration(req, res, setUp, next, { code: 'token_required', status: 422 })
  const { deviceId } = setUp
  const submission = { userId: user.id, deviceId, token, origin: describeOrigin(req) }
  const enrolment = { ...submission, ...enrolmentRight(req, user) }
  const verification = await openSetUp(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
  if (verification.ok || verification.reason === 'session_ended')
    return finishSetUp(account, req, res, { user, confirmed: verification, next })
  const text = explainToken(account.otp, verification, { token, deviceId })
  showConfiguration(req, res, setUp, next, { ...refusalOf(verification, account.clock.now()), ...(text && { text }) })
}

function refusalOf(verification: Extract<Verification, { ok: false }>, now: Date): StepRefusal {
  if (verification.reason !== 'n_failed_attempts') return { code: verification.reason, status: 422 }
  const seconds = Math.ceil((verification.lockedUntil.getTime() - now.getTime()) / 1000)
  return { code: 'n_failed_attempts', status: 429, retryAfter: Math.max(1, seconds) }
}

function withNext(path: string, next: string | null): string {
  return next ? `${path}?next=${encodeURIComponent(next)}` : path
}
