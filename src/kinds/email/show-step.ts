import type { Request, Response } from 'express'
import { sendPage } from '../../http/send-page.js'
import type { CodeSetup } from '../delivered-code/setup.js'
import { type FormRejection, applyRejection } from '../../http/reject-form.js'

/** Says how weak this is, and where the code would go. */
export function showEmailIntro(req: Request, res: Response, next: string | null, refusal: FormRejection | null): void {
  sendPage(res, 'account/email-device/ask', { next: next ?? '', alert: applyRejection(req, res, refusal) })
}

/** Asks for the code that was sent. */
export function showEmailCodeForm(
  req: Request,
  res: Response,
  next: string | null,
  { delivery, onlyOlder, pendingOlder }: CodeSetup,
  refusal: FormRejection | null,
): void {
  const alert = applyRejection(req, res, refusal)
  const pending = delivery === 'pending'
  sendPage(res, 'account/email-device/code', { next: next ?? '', pending, pendingOlder, onlyOlder, alert })
}
