import type { Request, RequestHandler, Response } from 'express'
import { canCall } from '../../notify/gateways/choose-sms-gateway.js'
import type { RequestUser } from '../../auth/request-user.js'
import { readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { safeNext } from '../../http/safe-next.js'
import { redirectDone } from '../../http/step-done.js'
import { readPhoneNumber } from '../../otp/phone-number.js'
import type { Account } from '../account.js'
import { confirmCode } from '../code-set-up/confirm-code.js'
import { awaitsCode, readCodeSetUp } from '../code-set-up/read-code-set-up.js'
import { sendSetupCode } from '../setup/send-setup-code.js'
import type { StepRefusal } from '../code-set-up/step-refusal.js'
import { finishSetUp } from '../setup/finish-set-up.js'
import { beginPhone, type NewPhone } from './begin-phone.js'
import { type AddPhoneForm, addPhoneForm } from './forms.js'
import { showCode, showNumber } from './show-add.js'

/** One posted step: a token confirms, `otp_challenge` sends again, a number begins. */
export function postStep(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, addPhoneForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    if (form.otp_token !== undefined) await confirm(account, req, res, req.user, form)
    else if (form.otp_challenge !== undefined) await sendAgain(account, req, res, req.user, form)
    else await begin(account, req, res, req.user, form)
  }
}

async function begin(account: Account, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const again = (refusal: StepRefusal) => {
    const typed = { number: form.phone_number ?? '', method: form.phone_method ?? 'sms' }
    showNumber(account, req, res, safeNext(form.next), typed, refusal)
  }
  const phone = readPhone(account, form)
  if ('code' in phone) return again({ code: phone.code, status: 422 })
  const deviceId = await beginPhone(account, req, user, phone)
  if (!deviceId) return again({ code: 'number_known', status: 422 })
  const refusal = await sendSetupCode(account, req, user, deviceId)
  if (!refusal) return redirectDone(res, codeAddress(form))
  const setUp = await readCodeSetUp(account, req, 'phone')
  if (setUp?.onlyOlder) showCode(req, res, safeNext(form.next), setUp, refusal)
  else again(refusal)
}

function readPhone({ config }: Account, form: AddPhoneForm): NewPhone | { code: string } {
  const read = readPhoneNumber(form.phone_number ?? '')
  const method = form.phone_method ?? 'sms'
  if (!read.ok) return { code: read.code === 'extension' ? 'number_extension' : 'number_invalid' }
  if (method !== 'sms' && (method !== 'call' || !canCall(config))) return { code: 'method_not_offered' }
  return { number: read.number, method }
}

async function sendAgain(account: Account, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const setUp = await readCodeSetUp(account, req, 'phone')
  if (!setUp) return expired(account, req, res, form)
  const refusal = await sendSetupCode(account, req, user, setUp.deviceId)
  if (!refusal) return res.redirect(303, codeAddress(form))
  const next = safeNext(form.next)
  const now = await readCodeSetUp(account, req, 'phone')
  if (now && awaitsCode(now)) showCode(req, res, next, now, refusal)
  else showNumber(account, req, res, next, { number: setUp.number ?? '', method: setUp.method ?? 'sms' }, refusal)
}

async function confirm(account: Account, req: Request, res: Response, user: RequestUser, form: AddPhoneForm) {
  const setUp = await readCodeSetUp(account, req, 'phone')
  if (!setUp) return expired(account, req, res, form)
  const { deviceId } = setUp
  const confirmed = await confirmCode(account, req, user, { deviceId, token: form.otp_token ?? '' })
  if (!confirmed.ok) return showCode(req, res, safeNext(form.next), setUp, confirmed.refusal)
  await finishSetUp(account, req, res, { user, confirmed: confirmed.confirmed, next: safeNext(form.next) })
}

function expired(account: Account, req: Request, res: Response, form: AddPhoneForm): void {
  const refusal = { code: 'set_up_expired', status: 422 } as const
  showNumber(account, req, res, safeNext(form.next), { number: '', method: 'sms' }, refusal)
}

function codeAddress(form: AddPhoneForm): string {
  const next = safeNext(form.next)
  return next ? `/account/two-factor/phones/add?next=${encodeURIComponent(next)}` : '/account/two-factor/phones/add'
}
