import type { Request, Response } from 'express'
import { sendPage } from '../../http/send-page.js'
import { type FormRejection, applyRejection } from '../../http/reject-form.js'
import type { CodeSetup } from './setup.js'

/**
 * Renders a kind's form for the code that was sent.
 *
 * @param values what only this kind's view needs
 */
export function showSetupCodeForm(
  req: Request,
  res: Response,
  view: string,
  {
    setup: { delivery, pendingOlder, onlyOlder },
    next,
    rejection,
    ...values
  }: { setup: CodeSetup; next: string | null; rejection: FormRejection | null } & Record<string, unknown>,
): void {
  const alert = applyRejection(req, res, rejection)
  sendPage(res, view, { ...values, next: next ?? '', pending: delivery === 'pending', pendingOlder, onlyOlder, alert })
}
