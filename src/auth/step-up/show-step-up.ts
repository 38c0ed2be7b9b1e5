import type { Request, Response } from 'express'
import { applyRejection } from '../../http/forms/reject-form.js'
import { sendJsonError } from '../../http/pages/reject-request.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { wantsJson } from '../../http/pages/wants-json.js'
import type { Auth } from '../auth.js'
import { describeKinds } from '../describe-kinds.js'
import { sendTokenPage } from '../login/show-login-step.js'
import type { RejectedStep } from '../login/step-result.js'
import { findForm, type FormAt, nameOf } from '../session/pending-request.js'
import { respondUnmet } from '../guards/respond-with-json.js'
import { showUnmetPage } from '../guards/respond-with-page.js'
import { stepUpPath } from '../step-up-path.js'
import type { StepUp } from './submit-step-up.js'

/** Shows the forms of the accepted devices, or lists them for a program, with the reason if a token was rejected. */
export async function showStepUp(
  auth: Auth,
  req: Request,
  res: Response,
  stepUp: StepUp,
  rejection: RejectedStep | null,
): Promise<void> {
  if (stepUp.devices.length === 0) return showNoDevice(req, res, stepUp)
  const why = applyRejection(req, res, rejection)
  if (!wantsJson(req)) return showForms(auth, req, res, stepUp, why)
  if (why) sendJsonError(req, res, { code: why.code, message: why.text })
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
    action: stepUpPath(null, kinds, form ? nameOf(form) : at.name),
    only: kinds && describeKinds(req, kinds),
    next: at.url ?? '',
    completes: form !== undefined,
    alert: why,
  })
}

/** Lists the devices. With `inputs` in the URL, the list also contains which form each one needs, so that clients need not know kinds. */
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

/** Responds if no device is accepted: the URL was opened directly, or the last such device was removed in the meantime. */
function showNoDevice(req: Request, res: Response, { kinds }: StepUp): void {
  const respond = wantsJson(req) ? respondUnmet : showUnmetPage
  respond(req, res, { reason: 'not_verified', kinds, maxAge: null }, kinds !== null)
}

/** Returns the path to continue at, from the form or the query. */
export function nextPath(req: Request): string | null {
  const typed: Record<string, unknown> = req.body ?? {}
  return safeNext(req.method === 'POST' ? typed['next'] : req.query['next'])
}

/** Reads which form this page completes. */
export function formAt(req: Request): FormAt {
  const name = req.query['form']
  return { url: nextPath(req), name: typeof name === 'string' && FORM_NAME.test(name) ? name : null }
}

const FORM_NAME = /^[0-9a-f]{8}$/
