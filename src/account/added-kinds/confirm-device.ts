import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { explained, type Refused, refused, tokenRefused } from '../../auth/login/answer.js'
import { alert } from '../../auth/login/show-step.js'
import { challengeOf } from '../../auth/under-way.js'
import { enrolmentRight } from '../../auth/enrolment.js'
import type { FormAlert } from '../../http/alert-for.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { field, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { sendPage } from '../../http/send-page.js'
import type { Device } from '../../otp/device.js'
import type { ListedDevice } from '../../otp/devices-for-user.js'
import type { AddedKind } from '../../otp/kinds/added-kind.js'
import { confirmDevice } from '../../otp/verify-token.js'
import type { Account } from '../account.js'
import { sendSetupCode } from '../setup/send-setup-code.js'
import { tellRefusal } from '../code-set-up/step-refusal.js'
import { findDevice } from '../devices/find-own-device.js'
import { confirmAddress } from './addresses.js'
import { finishSetUp, openSetUp } from '../setup/finish-set-up.js'
import { isBlank } from '../../typed-text/clean-text.js'

/** As a type, not an interface: Express wants an index signature. */
export type ConfirmParams = { id: string }

const tokenForm = z.object({ otp_token: field(1024), otp_challenge: field(32) })

/** The form for a device's first token. */
export function showConfirm(account: Account, kind: AddedKind): RequestHandler<ConfirmParams> {
  return async (req, res) => {
    const device = await findBegun(account, kind, req)
    if (device) show(req, res, kind, device, null)
  }
}

/** The first token confirms the device and is spent. */
export function submitConfirm(account: Account, kind: AddedKind): RequestHandler<ConfirmParams> {
  return async (req, res) => {
    const form = readForm(req, tokenForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const device = await findBegun(account, kind, req)
    if (!device) return
    if (device.interactive && form.otp_challenge !== undefined) return sendAgain(account, kind, req, res, device)
    const token = form.otp_token ?? ''
    if (isBlank(token)) return show(req, res, kind, device, refused('token', 'token_required'))
    const { user } = req
    const deviceId = device.persistentId
    const submission = { userId: user.id, deviceId, token, origin: describeOrigin(req) }
    const enrolment = { ...submission, challenge: challengeOf(req, deviceId), ...enrolmentRight(req, user) }
    const verification = await openSetUp(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
    if (!verification.ok && verification.reason !== 'session_ended') {
      const refusal = tokenRefused('token', verification, account.clock.now())
      return show(req, res, kind, device, explained(account, refusal, verification, submission))
    }
    await finishSetUp(account, req, res, { user, confirmed: verification, next: null })
  }
}

/** Sends another code, for a kind that sends them. */
async function sendAgain(
  account: Account,
  kind: AddedKind,
  req: Request<ConfirmParams>,
  res: Response,
  device: ListedDevice,
): Promise<void> {
  if (!req.user) return
  const rejection = await sendSetupCode(account, req, req.user, device.persistentId)
  if (rejection) showConfirmForm(res, kind, device, tellRefusal(req, res, rejection))
  else res.redirect(303, confirmAddress(kind.name, device.id))
}

/** The person's own, unconfirmed; else a 404 has been sent. */
async function findBegun(account: Account, kind: AddedKind, req: Request<ConfirmParams>): Promise<ListedDevice | null> {
  const device = req.user ? await findDevice(account, req.user.id, `${kind.name}/${req.params.id}`) : null
  if (device?.state === 'unconfirmed') return device
  if (req.res) refuse(req, req.res, { status: 404, code: 'not_found' })
  return null
}

function show(
  req: Request<ConfirmParams>,
  res: Response,
  kind: AddedKind,
  device: ListedDevice,
  refusal: Refused | null,
): void {
  if (refusal) res.status(refusal.status)
  if (refusal?.retryAfter !== undefined) res.set('Retry-After', String(refusal.retryAfter))
  showConfirmForm(res, kind, device, alert(req, refusal))
}

/** The form for a device's first token, with the reason why the last step was rejected. */
export function showConfirmForm(res: Response, kind: AddedKind, device: Device, why: FormAlert | null): void {
  sendPage(res, 'account/added-kinds/confirm', { device, field: kind.field ?? null, alert: why })
}
