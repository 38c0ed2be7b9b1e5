import type { Request, Response } from 'express'
import { sendPage } from '../../http/pages/send-page.js'
import type { CodeSetup } from '../delivered-code/setup.js'
import { showSetupCodeForm } from '../delivered-code/show-step.js'
import { type FormRejection, applyRejection } from '../../http/forms/reject-form.js'

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
  setup: CodeSetup,
  rejection: FormRejection | null,
): void {
  showSetupCodeForm(req, res, 'account/email-device/code', { setup, next, rejection })
}
