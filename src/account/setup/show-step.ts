import type { Request, RequestHandler, Response } from 'express'
import { alertFor } from '../../http/alert-for.js'
import { safeNext } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { Account } from '../account.js'
import { methodsOf } from './methods.js'
import { readSetUp, type SetUp } from './read-set-up.js'

/** Why a step was refused, with the code of CONTRACT.md §3. */
export interface StepRefusal {
  code: string
  status: 422 | 429
  /** Seconds, where waiting helps. */
  retryAfter?: number
  /** Key of a text that says more than the code's own. */
  text?: string
}

/** The step that this session stands at; `?step=method` goes back to the choice. */
export function showStep(account: Account): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    const setUp = await readSetUp(account, req)
    if (req.query['step'] === 'method') showMethods(account, req, res, next, null)
    else if (setUp) showConfiguration(req, res, setUp, next, null)
    else showIntroduction(req, res, next, null)
  }
}

/** What set-up is for. */
export function showIntroduction(req: Request, res: Response, next: string | null, refusal: StepRefusal | null): void {
  sendStep(req, res, 'account/setup/introduction', { later: laterAddress(req, next) }, next, refusal)
}

/** Where somebody may go on to while the policy gives him time; null: now or never. The panel wants a second factor all the same. */
function laterAddress({ secondFactorDue }: Request, next: string | null): string | null {
  if (!secondFactorDue || secondFactorDue.daysLeft === 0) return null
  return next && !/^\/admin(?![\w-])/.test(next) ? next : '/account/two-factor'
}

/** The choice between the methods that this site offers. */
export function showMethods(
  account: Account,
  req: Request,
  res: Response,
  next: string | null,
  refusal: StepRefusal | null,
): void {
  sendStep(req, res, 'account/setup/method', { methods: methodsOf(account, req) }, next, refusal)
}

/** QR code, address and secret for the app, and the field for its first code. */
export function showConfiguration(
  req: Request,
  res: Response,
  setUp: SetUp,
  next: string | null,
  refusal: StepRefusal | null,
): void {
  const groups = setUp.secret.match(/.{1,4}/g) ?? []
  sendStep(req, res, 'account/setup/totp', { uri: setUp.uri, groups }, next, refusal)
}

function sendStep(
  req: Request,
  res: Response,
  view: string,
  values: object,
  next: string | null,
  refusal: StepRefusal | null,
): void {
  if (refusal) res.status(refusal.status)
  if (refusal?.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  sendPage(res, view, {
    ...values,
    next: next ?? '',
    alert: refusal && alertFor(req, refusal.code, refusal.retryAfter, refusal.text),
  })
}
