import type { Request, RequestHandler, Response } from 'express'
import { canCall } from '../../notify/gateways/choose-sms-gateway.js'
import type { RequestUser } from '../../auth/request-user.js'
import { readForm, textField } from '../../http/read-form.js'
import { rejectRequest } from '../../http/reject-request.js'
import { safeNext } from '../../http/safe-next.js'
import { redirectDone } from '../../http/step-done.js'
import { readPhoneNumber } from './phone-number.js'
import type { AccountServices } from '../../account/account-services.js'
import { confirmCode } from '../delivered-code/confirm-code.js'
import { awaitsCode, readCodeSetup } from '../delivered-code/setup.js'
import { sendSetupCode } from '../../account/setup/send-setup-code.js'
import type { FormRejection } from '../../http/reject-form.js'
import { finishSetup } from '../../account/setup/finish-setup.js'
import { startPhoneSetup, type NewPhone } from './setup.js'
import { showPhoneCodeForm, showNumberForm } from './show-step.js'
import { z } from 'zod'

/** One posted step: a token confirms, `otp_challenge` sends again, a number begins. */
export function submitPhoneStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addPhoneForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    if (form.otp_token !== undefined) await confirm(account, req, res, req.user, form)
    else if (form.otp_challenge !== undefined) await sendAgain(account, req, res, req.user, form)
    else await begin(account, req, res, req.user, form)
  }
}

async function begin(account: AccountServices, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const again = (refusal: FormRejection) => {
    const typed = { number: form.phone_number ?? '', method: form.phone_method ?? 'sms' }
    showNumberForm(account, req, res, safeNext(form.next), typed, refusal)
  }
  const phone = readPhone(account, form)
  if ('code' in phone) return again({ code: phone.code, status: 422 })
  const deviceId = await startPhoneSetup(account, req, user, phone)
  if (!deviceId) return again({ code: 'number_known', status: 422 })
  const refusal = await sendSetupCode(account, req, user, deviceId)
  if (!refusal) return redirectDone(res, codeAddress(form))
  const setUp = await readCodeSetup(account, req, 'phone')
  if (setUp?.onlyOlder) showPhoneCodeForm(req, res, safeNext(form.next), setUp, refusal)
  else again(refusal)
}

function readPhone({ config }: AccountServices, form: AddPhoneForm): NewPhone | { code: string } {
  const read = readPhoneNumber(form.phone_number ?? '')
  const method = form.phone_method ?? 'sms'
  if (!read.ok) return { code: read.code === 'extension' ? 'number_extension' : 'number_invalid' }
  if (method !== 'sms' && (method !== 'call' || !canCall(config))) return { code: 'method_not_offered' }
  return { number: read.number, method }
}

async function sendAgain(account: AccountServices, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const setUp = await readCodeSetup(account, req, 'phone')
  if (!setUp) return expired(account, req, res, form)
  const refusal = await sendSetupCode(account, req, user, setUp.deviceId)
  if (!refusal) return res.redirect(303, codeAddress(form))
  const next = safeNext(form.next)
  const now = await readCodeSetup(account, req, 'phone')
  if (now && awaitsCode(now)) showPhoneCodeForm(req, res, next, now, refusal)
  else showNumberForm(account, req, res, next, { number: setUp.number ?? '', method: setUp.method ?? 'sms' }, refusal)
}

async function confirm(account: AccountServices, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const setUp = await readCodeSetup(account, req, 'phone')
  if (!setUp) return expired(account, req, res, form)
  const { deviceId } = setUp
  const confirmed = await confirmCode(account, req, user, { deviceId, token: form.otp_token ?? '' })
  if (!confirmed.ok) return showPhoneCodeForm(req, res, safeNext(form.next), setUp, confirmed.refusal)
  await finishSetup(account, req, res, { user, confirmed: confirmed.confirmed, next: safeNext(form.next) })
}

function expired(account: AccountServices, req: Request, res: Response, form: AddPhoneForm): void {
  const refusal = { code: 'set_up_expired', status: 422 } as const
  showNumberForm(account, req, res, safeNext(form.next), { number: '', method: 'sms' }, refusal)
}

function codeAddress(form: AddPhoneForm): string {
  const next = safeNext(form.next)
  return next ? `/account/two-factor/phones/add?next=${encodeURIComponent(next)}` : '/account/two-factor/phones/add'
}

/** All steps post to one address; which one it is, the fields tell. */
export const addPhoneForm = z.object({
  phone_number: textField(256),
  phone_method: textField(8),
  otp_token: textField(512),
  otp_challenge: textField(32),
  next: textField(2000),
})

export type AddPhoneForm = z.infer<typeof addPhoneForm>
