import type { Request, RequestHandler, Response } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { readForm, textField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { addNext, safeNext } from '../../http/paths/safe-next.js'
import { redirectDone } from '../../http/step-done.js'
import type { AccountServices } from '../../account/account-services.js'
import { confirmCode } from '../delivered-code/confirm-code.js'
import { awaitsCode, readCodeSetup } from '../delivered-code/setup.js'
import { sendSetupCode } from '../../account/setup/send-setup-code.js'
import { finishSetup } from '../../account/setup/finish-setup.js'
import { EMAIL_SETUP_PATH, startEmailSetup } from './setup.js'
import { showEmailIntro, showEmailCodeForm } from './show-step.js'
import { z } from 'zod'

/** Handles a submitted step: a token confirms the device, any other form sends a code. */
export function submitEmailStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addEmailForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const next = safeNext(form.next)
    if (form.otp_token === undefined) await send(account, req, res, req.user, next)
    else await confirm(account, req, res, req.user, { token: form.otp_token, next })
  }
}

async function send(account: AccountServices, req: Request, res: Response, user: RequestUser, next: string | null) {
  const deviceId = await startEmailSetup(account, req, user)
  if (!deviceId) return showEmailIntro(req, res, next, { code: 'email_known', status: 422 })
  const rejection = await sendSetupCode(account, req, user, deviceId)
  if (!rejection) return redirectDone(res, addNext(EMAIL_SETUP_PATH, next))
  const setup = await readCodeSetup(account, req, 'email')
  if (setup && awaitsCode(setup)) showEmailCodeForm(req, res, next, setup, rejection)
  else showEmailIntro(req, res, next, rejection)
}

async function confirm(
  account: AccountServices,
  req: Request,
  res: Response,
  user: RequestUser,
  { token, next }: { token: string; next: string | null },
): Promise<void> {
  const setup = await readCodeSetup(account, req, 'email')
  if (!setup) return showEmailIntro(req, res, next, { code: 'set_up_expired', status: 422 })
  const result = await confirmCode(account, req, user, { deviceId: setup.deviceId, token })
  if (!result.ok) return showEmailCodeForm(req, res, next, setup, result.rejection)
  await finishSetup(account, req, res, { user, confirmed: result.confirmed, next })
}

/** Both steps are posted to one path; the fields tell them apart. */
export const addEmailForm = z.object({ otp_token: textField(512), otp_challenge: textField(32), next: textField(2000) })
