import type { Request, Response } from 'express'
import { challengeFormId } from '../../auth/repeats/form-id.js'
import { sendPage } from '../../http/pages/send-page.js'
import { type FormRejection, applyRejection } from '../../http/forms/reject-form.js'
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
  const delivered = { pending: delivery === 'pending', pendingOlder, onlyOlder }
  sendPage(res, view, { ...values, ...delivered, next: next ?? '', challengeFormId: challengeFormId(), alert })
}
