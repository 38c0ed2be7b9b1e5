import type { Request, Response } from 'express'
import { canCall } from '../../notify/gateways/choose-sms-gateway.js'
import { sendPage } from '../../http/pages/send-page.js'
import { formatPhoneNumber } from './phone-number.js'
import type { AccountServices } from '../../account/account-services.js'
import type { CodeSetup } from '../delivered-code/setup.js'
import { showSetupCodeForm } from '../delivered-code/show-step.js'
import { type FormRejection, applyRejection } from '../../http/forms/reject-form.js'

/** The submitted number and method, as they were entered. */
export interface PhoneInput {
  number: string
  method: string
}

/** Renders the form for the number, which explains the risk of phones. */
export function showNumberForm(
  account: AccountServices,
  req: Request,
  res: Response,
  next: string | null,
  typed: PhoneInput,
  rejection: FormRejection | null,
): void {
  const alert = applyRejection(req, res, rejection)
  const methods = canCall(account.config) ? ['sms', 'call'] : ['sms']
  sendPage(res, 'account/phones/number', { next: next ?? '', typed, methods, alert })
}

/** Renders the form for the code that was sent. */
export function showPhoneCodeForm(
  req: Request,
  res: Response,
  next: string | null,
  setup: CodeSetup,
  rejection: FormRejection | null,
): void {
  const number = formatPhoneNumber(setup.number ?? '')
  showSetupCodeForm(req, res, 'account/phones/code', { setup, next, rejection, number, method: setup.method })
}
