import type { Request, Response } from 'express'
import { safeNext } from '../../http/safe-next.js'
import { wantsJson } from '../../http/wants-json.js'
import { sendRefusal } from '../../http/refuse.js'
import { answerUnmet } from '../answer-json.js'
import { showUnmet } from '../answer-page.js'
import type { Auth } from '../auth.js'
import { describeKinds } from '../describe-kinds.js'
import type { Refused } from '../login/answer.js'
import { alert, sendTokenPage } from '../login/show-step.js'
import { findForm, type FormAt, nameOf } from './keep-request.js'
import type { StepUp } from './read-step-up.js'
import { verifyAddress } from './verify-address.js'

/** The forms of the devices that help, or their list for a program; with the reason where a token was refused. */
export async function showVerify(
  auth: Auth,
  req: Request,
  res: Response,
  stepUp: StepUp,
  refusal: Refused | null,
): Promise<void> {
  if (stepUp.devices.length === 0) return showNoDevice(req, res, stepUp)
  if (refusal) res.status(refusal.status)
  if (refusal?.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  const why = alert(req, refusal)
  if (!wantsJson(req)) return showForms(auth, req, res, stepUp, why)
  if (why) sendRefusal(req, res, { code: why.code, message: why.text })
  else sendDevices(req, res, stepUp)
}

async function showForms(
  auth: Auth,
  req: Request,
  res: Response,
  { kinds, devices }: StepUp,
  why: object | null,
): Promise<void> {
  const at = formAt(req)
  const form = findForm(req, at)
  await sendTokenPage(auth, req, res, 'auth/verify', devices, {
    action: verifyAddress(null, kinds, form ? nameOf(form) : at.name),
    only: kinds && describeKinds(req, kinds),
    next: at.url ?? '',
    completes: form !== undefined,
    alert: why,
  })
}

/** With `inputs` in the URL a client also learns which form each device needs, so that it knows no kind by name. */
function sendDevices(req: Request, res: Response, { kinds, devices }: StepUp): void {
  const isDetailed = req.query['inputs'] !== undefined
  const listed = devices.map(({ persistentId: id, kind, name, interactive, isBackup, input }) => ({
    id,
    kind,
    name,
    interactive,
    ...(isDetailed && { isBackup, input }),
  }))
  res.set('Cache-Control', 'no-store').vary('Accept').json({ devices: listed, kinds })
}

/** The page was asked for by its address, or the last device that helps was removed meanwhile. */
function showNoDevice(req: Request, res: Response, { kinds }: StepUp): void {
  const answer = wantsJson(req) ? answerUnmet : showUnmet
  answer(req, res, { reason: 'not_verified', kinds, maxAge: null }, kinds !== null)
}

/** Where the person came from. */
export function wayOn(req: Request): string | null {
  const typed: Record<string, unknown> = req.body ?? {}
  return safeNext(req.method === 'POST' ? typed['next'] : req.query['next'])
}

/** The form that this page completes, as far as the request says which. */
export function formAt(req: Request): FormAt {
  const name = req.query['form']
  return { url: wayOn(req), name: typeof name === 'string' && FORM_NAME.test(name) ? name : null }
}

const FORM_NAME = /^[0-9a-f]{8}$/
