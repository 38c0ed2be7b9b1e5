import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { AccountServices } from '../../account/account-services.js'
import { findOwnInState } from '../../account/devices/find-own-device.js'
import { profilePath } from '../../account/notices.js'
import { finishSetup, openSetup } from '../../account/setup/finish-setup.js'
import { sessionAsker } from '../../auth/asker.js'
import { enrolmentRight } from '../../auth/policy/enrolment.js'
import { rejectToken } from '../../auth/reject-token.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { readForm, textField } from '../../http/forms/read-form.js'
import { applyRejection, type FormRejection, rejectForm } from '../../http/forms/reject-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { ListedDevice } from '../../otp/devices/devices-for-user.js'
import { confirmDevice, verifyToken } from '../../otp/tokens/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'
import { readCode } from '../../typed-text/read-code.js'

/** A type, not an interface: Express requires an index signature. */
export type HotpParams = { id: string }

type Step = 'confirm' | 'synchronise'

/** Renders the form for one code, or for two in a row. */
export function showCodeForm(account: AccountServices, step: Step): RequestHandler<HotpParams> {
  return async (req, res) => {
    const device = await findOwnInState(account, req, 'hotp', step === 'synchronise' ? 'active' : 'unconfirmed')
    if (device) renderForm(req, res, step, device, null)
  }
}

/** Confirms the device with its first code, which is consumed. */
export function submitCode(account: AccountServices): RequestHandler<HotpParams> {
  return async (req, res) => {
    const form = readForm(req, codeForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const device = await findOwnInState(account, req, 'hotp', 'unconfirmed')
    if (!device) return
    const token = form.otp_token ?? ''
    if (isBlank(token)) return renderForm(req, res, 'confirm', device, rejectForm('token_required'))
    const { user } = req
    const submission = { userId: user.id, deviceId: device.persistentId, token, client: readClientInfo(req) }
    const enrolment = { ...submission, ...enrolmentRight(req, user) }
    const verification = await openSetup(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
    if (!verification.ok && verification.reason !== 'session_ended')
      return renderForm(req, res, 'confirm', device, rejectToken(account, verification, submission))
    await finishSetup(account, req, res, { user, confirmed: verification, next: null })
  }
}

/** Resynchronises the counter with two codes in a row, which are searched for further ahead than one (RFC 4226 §7.4). The throttle applies. */
export function submitResync(account: AccountServices): RequestHandler<HotpParams> {
  return async (req, res) => {
    const form = readForm(req, resyncForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const device = await findOwnInState(account, req, 'hotp', 'active')
    if (!device) return
    const codes = [form.otp_token ?? '', form.otp_token_next ?? ''].map(readCode)
    if (codes.includes('')) return renderForm(req, res, 'synchronise', device, rejectForm('token_required'))
    const submission = { userId: req.user.id, deviceId: device.persistentId, token: codes.join(' ') }
    const verification = await verifyToken(account.otp, {
      ...submission,
      client: readClientInfo(req),
      asker: sessionAsker(req),
    })
    if (verification.ok) return redirectDone(res, profilePath('synchronised'))
    renderForm(req, res, 'synchronise', device, rejectToken(account, verification, submission))
  }
}

function renderForm(
  req: Request<HotpParams>,
  res: Response,
  step: Step,
  device: ListedDevice,
  rejection: FormRejection | null,
): void {
  sendPage(res, `account/hardware-tokens/${step}`, { device, alert: applyRejection(req, res, rejection) })
}

export const codeForm = z.object({ otp_token: textField(512) })

/** Two codes in a row, each in its own field. */
export const resyncForm = z.object({ otp_token: textField(512), otp_token_next: textField(512) })
