import type { Request, RequestHandler, Response } from 'express'
import { canCall } from '../../notify/gateways/choose-sms-gateway.js'
import type { RequestUser } from '../../auth/request-user.js'
import { readForm, textField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { addNext, safeNext } from '../../http/paths/safe-next.js'
import { redirectDone } from '../../http/step-done.js'
import { readPhoneNumber } from './phone-number.js'
import type { AccountServices } from '../../account/account-services.js'
import { confirmCode } from '../delivered-code/confirm-code.js'
import { awaitsCode, readCodeSetup } from '../delivered-code/setup.js'
import { sendSetupCode } from '../../account/setup/send-setup-code.js'
import type { FormRejection } from '../../http/forms/reject-form.js'
import { finishSetup } from '../../account/setup/finish-setup.js'
import { PHONE_SETUP_PATH, startPhoneSetup, type NewPhone } from './setup.js'
import { showPhoneCodeForm, showNumberForm } from './show-step.js'
import { z } from 'zod'

/** Handles a submitted step: a token confirms the device, `otp_challenge` sends another code, a number starts a setup. */
export function submitPhoneStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addPhoneForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    if (form.otp_token !== undefined) await confirm(account, req, res, req.user, form)
    else if (form.otp_challenge !== undefined) await resend(account, req, res, req.user, form)
    else await start(account, req, res, req.user, form)
  }
}

async function start(account: AccountServices, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const showForm = (rejection: FormRejection) => {
    const typed = { number: form.phone_number ?? '', method: form.phone_method ?? 'sms' }
    showNumberForm(account, req, res, safeNext(form.next), typed, rejection)
  }
  const phone = readPhone(account, form)
  if ('code' in phone) return showForm({ code: phone.code, status: 422 })
  const deviceId = await startPhoneSetup(account, req, user, phone)
  if (!deviceId) return showForm({ code: 'number_known', status: 422 })
  const rejection = await sendSetupCode(account, req, user, deviceId)
  if (!rejection) return redirectDone(res, addNext(PHONE_SETUP_PATH, safeNext(form.next)))
  const setup = await readCodeSetup(account, req, 'phone')
  if (setup?.onlyOlder) showPhoneCodeForm(req, res, safeNext(form.next), setup, rejection)
  else showForm(rejection)
}

function readPhone({ config }: AccountServices, form: AddPhoneForm): NewPhone | { code: string } {
  const read = readPhoneNumber(form.phone_number ?? '')
  const method = form.phone_method ?? 'sms'
  if (!read.ok) return { code: read.code === 'extension' ? 'number_extension' : 'number_invalid' }
  if (method !== 'sms' && (method !== 'call' || !canCall(config))) return { code: 'method_not_offered' }
  return { number: read.number, method }
}

async function resend(account: AccountServices, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const setup = await readCodeSetup(account, req, 'phone')
  if (!setup) return showExpired(account, req, res, form)
  const rejection = await sendSetupCode(account, req, user, setup.deviceId)
  if (!rejection) return res.redirect(303, addNext(PHONE_SETUP_PATH, safeNext(form.next)))
  const next = safeNext(form.next)
  const current = await readCodeSetup(account, req, 'phone')
  if (current && awaitsCode(current)) showPhoneCodeForm(req, res, next, current, rejection)
  else showNumberForm(account, req, res, next, { number: setup.number ?? '', method: setup.method ?? 'sms' }, rejection)
}

async function confirm(account: AccountServices, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const setup = await readCodeSetup(account, req, 'phone')
  if (!setup) return showExpired(account, req, res, form)
  const { deviceId } = setup
  const result = await confirmCode(account, req, user, { deviceId, token: form.otp_token ?? '' })
  if (!result.ok) return showPhoneCodeForm(req, res, safeNext(form.next), setup, result.rejection)
  await finishSetup(account, req, res, { user, confirmed: result.confirmed, next: safeNext(form.next) })
}

function showExpired(account: AccountServices, req: Request, res: Response, form: AddPhoneForm): void {
  const rejection = { code: 'set_up_expired', status: 422 } as const
  showNumberForm(account, req, res, safeNext(form.next), { number: '', method: 'sms' }, rejection)
}

/** All steps are posted to one path; the fields tell them apart. */
export const addPhoneForm = z.object({
  phone_number: textField(256),
  phone_method: textField(8),
  otp_token: textField(512),
  otp_challenge: textField(32),
  next: textField(2000),
})

export type AddPhoneForm = z.infer<typeof addPhoneForm>
