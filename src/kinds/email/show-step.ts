import type { Request, Response } from 'express'
import { sendPage } from '../../http/send-page.js'
import type { CodeSetup } from '../delivered-code/setup.js'
import { type FormRejection, applyRejection } from '../../http/reject-form.js'

/** Renders the page that explains the risk of email and names the email address that the code is sent to. */
export function showEmailIntro(
  req: Request,
  res: Response,
  next: string | null,
  rejection: FormRejection | null,
): void {
  sendPage(res, 'account/email-device/ask', { next: next ?? '', alert: applyRejection(req, res, rejection) })
}

/** Renders the form for the code that was sent. */
export function showEmailCodeForm(
  req: Request,
  res: Response,
  next: string | null,
  { delivery, onlyOlder, pendingOlder }: CodeSetup,
  rejection: FormRejection | null,
): void {
  const alert = applyRejection(req, res, rejection)
  const pending = delivery === 'pending'
  sendPage(res, 'account/email-device/code', { next: next ?? '', pending, pendingOlder, onlyOlder, alert })
}
