import type { Request, Response } from 'express'
import { sendPage } from '../../http/send-page.js'
import type { CodeSetUp } from '../code-set-up/read-code-set-up.js'
import { type StepRefusal, tellRefusal } from '../code-set-up/step-refusal.js'

/** Says how weak this is (S-15, S-30), and where the code would go. */
export function showAsk(req: Request, res: Response, next: string | null, refusal: StepRefusal | null): void {
  sendPage(res, 'account/email-device/ask', { next: next ?? '', alert: tellRefusal(req, res, refusal) })
}

/** Asks for the code that was sent. */
export function showCode(
  req: Request,
  res: Response,
  next: string | null,
  { delivery, onlyOlder, pendingOlder }: CodeSetUp,
  refusal: StepRefusal | null,
): void {
  const alert = tellRefusal(req, res, refusal)
  const pending = delivery === 'pending'
  sendPage(res, 'account/email-device/code', { next: next ?? '', pending, pendingOlder, onlyOlder, alert })
}
