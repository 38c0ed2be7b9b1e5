import type { Request, Response } from 'express'
import { canCall } from '../../notify/gateways/choose-sms-gateway.js'
import { sendPage } from '../../http/send-page.js'
import { formatPhoneNumber } from './phone-number.js'
import type { AccountServices } from '../../account/account-services.js'
import type { CodeSetup } from '../delivered-code/setup.js'
import { type FormRejection, applyRejection } from '../../http/reject-form.js'

/** What was typed as a number, and what was chosen. */
export interface PhoneInput {
  number: string
  method: string
}

/** Asks for the number, with the risk of phones in plain words. */
export function showNumberForm(
  account: AccountServices,
  req: Request,
  res: Response,
  next: string | null,
  typed: PhoneInput,
  refusal: FormRejection | null,
): void {
  const alert = applyRejection(req, res, refusal)
  const methods = canCall(account.config) ? ['sms', 'call'] : ['sms']
  sendPage(res, 'account/phones/number', { next: next ?? '', typed, methods, alert })
}

/** Asks for the code that was sent. */
export function showPhoneCodeForm(
  req: Request,
  res: Response,
  next: string | null,
  setUp: CodeSetup,
  refusal: FormRejection | null,
): void {
  const alert = applyRejection(req, res, refusal)
  const number = formatPhoneNumber(setUp.number ?? '')
  sendPage(res, 'account/phones/code', {
    next: next ?? '',
    number,
    method: setUp.method,
    pending: setUp.delivery === 'pending',
    pendingOlder: setUp.pendingOlder,
    onlyOlder: setUp.onlyOlder,
    alert,
  })
}
