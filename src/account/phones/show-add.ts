import type { Request, Response } from 'express'
import { canCall } from '../../notify/gateways/choose-sms-gateway.js'
import { sendPage } from '../../http/send-page.js'
import { formatPhoneNumber } from '../../otp/phone-number.js'
import type { Account } from '../account.js'
import type { CodeSetUp } from '../code-set-up/read-code-set-up.js'
import { type StepRefusal, tellRefusal } from '../code-set-up/step-refusal.js'

/** What was typed as a number, and what was chosen. */
export interface TypedPhone {
  number: string
  method: string
}

/** Asks for the number, with the risk of phones in plain words (S-16, S-35). */
export function showNumber(
  account: Account,
  req: Request,
  res: Response,
  next: string | null,
  typed: TypedPhone,
  refusal: StepRefusal | null,
): void {
  const alert = tellRefusal(req, res, refusal)
  const methods = canCall(account.config) ? ['sms', 'call'] : ['sms']
  sendPage(res, 'account/phones/number', { next: next ?? '', typed, methods, alert })
}

/** Asks for the code that was sent. */
export function showCode(
  req: Request,
  res: Response,
  next: string | null,
  setUp: CodeSetUp,
  refusal: StepRefusal | null,
): void {
  const alert = tellRefusal(req, res, refusal)
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
