import type { Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { takeKeyChallenge } from '../../auth/browser-challenge.js'
import { enrolmentRight } from '../../auth/policy/enrolment.js'
import { rejectToken } from '../../auth/reject-token.js'
import { challengeFormId } from '../../auth/repeats/form-id.js'
import { challengeOf } from '../../auth/session/in-progress.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import type { FormAlert } from '../../http/forms/form-alert.js'
import { textField, readForm } from '../../http/forms/read-form.js'
import { applyRejection, type FormRejection, rejectForm } from '../../http/forms/reject-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendScriptPage } from '../../http/pages/send-page.js'
import type { Device } from '../../otp/device.js'
import type { ListedDevice } from '../../otp/devices/devices-for-user.js'
import type { CustomKind } from '../../otp/kind-registry/custom-kind.js'
import { MAX_TOKEN_LENGTH } from '../../otp/kind-registry/kind.js'
import { confirmDevice } from '../../otp/tokens/verify-token.js'
import { isBlank } from '../../typed-text/clean-text.js'
import type { AccountServices } from '../account-services.js'
import { findOwnInState } from '../devices/find-own-device.js'
import { finishSetup, openSetup } from './finish-setup.js'
import { confirmDevicePath, kindScript } from './kind-paths.js'
import { sendSetupCode } from './send-setup-code.js'

/** A type, not an interface, because Express requires an index signature. */
export type ConfirmParams = { id: string }

/** A browser's answer is longer than a token that users type. */
const tokenForm = ({ browser }: CustomKind) =>
  z.object({ otp_token: textField(browser ? MAX_TOKEN_LENGTH : 1024), otp_challenge: textField(32) })

/** Shows the form for a device's first token. */
export function showConfirm(account: AccountServices, kind: CustomKind): RequestHandler<ConfirmParams> {
  return async (req, res) => {
    const device = await findOwnInState(account, req, kind.name, 'unconfirmed')
    if (device) show(req, res, kind, device, null)
  }
}

/** Confirms the device with its first token, which is consumed. */
export function submitConfirm(account: AccountServices, kind: CustomKind): RequestHandler<ConfirmParams> {
  return async (req, res) => {
    const form = readForm(req, tokenForm(kind))
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const device = await findOwnInState(account, req, kind.name, 'unconfirmed')
    if (!device) return
    if (device.interactive && form.otp_challenge !== undefined) return sendAgain(account, kind, req, res, device)
    const token = form.otp_token ?? ''
    if (isBlank(token)) return show(req, res, kind, device, rejectForm('token_required'))
    const { user } = req
    const deviceId = device.persistentId
    const submission = { userId: user.id, deviceId, token, client: readClientInfo(req) }
    const enrolment = { ...submission, challenge: takeChallenge(req, kind, deviceId), ...enrolmentRight(req, user) }
    const verification = await openSetup(account, req, (opens) => confirmDevice(account.otp, { ...enrolment, opens }))
    if (!verification.ok && verification.reason !== 'session_ended')
      return show(req, res, kind, device, rejectToken(account, verification, submission))
    await finishSetup(account, req, res, { user, confirmed: verification, next: null })
  }
}

/** Returns the ID of this session's challenge: the browser's, or the code that was sent. */
function takeChallenge(req: Request, { browser }: CustomKind, deviceId: string): string | null {
  return browser ? takeKeyChallenge(req, 'add') : challengeOf(req, deviceId)
}

/** Sends another code, for a kind that sends codes. */
async function sendAgain(
  account: AccountServices,
  kind: CustomKind,
  req: Request<ConfirmParams>,
  res: Response,
  device: ListedDevice,
): Promise<void> {
  if (!req.user) return
  const rejection = await sendSetupCode(account, req, req.user, device.persistentId)
  if (rejection) showConfirmForm(res, kind, device, applyRejection(req, res, rejection))
  else res.redirect(303, confirmDevicePath(kind.name, device.id))
}

function show(
  req: Request<ConfirmParams>,
  res: Response,
  kind: CustomKind,
  device: ListedDevice,
  rejection: FormRejection | null,
): void {
  showConfirmForm(res, kind, device, applyRejection(req, res, rejection))
}

/** Renders the form for a device's first token, with the reason if the last step was rejected. */
export function showConfirmForm(res: Response, kind: CustomKind, device: Device, alert: FormAlert | null): void {
  const script = kindScript(res, kind)
  const browser = script && { script, challenge: `${confirmDevicePath(kind.name, device.id)}/challenge` }
  const values = { device, field: kind.field ?? null, browser, challengeFormId: challengeFormId(), alert }
  sendScriptPage(res, 'account/added-kinds/confirm', values, { keys: false, kinds: browser !== null })
}
