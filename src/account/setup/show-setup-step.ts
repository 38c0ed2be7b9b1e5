import type { Request, RequestHandler, Response } from 'express'
import { applyRejection, type FormRejection } from '../../http/forms/reject-form.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { AccountServices } from '../account-services.js'
import { offeredMethods } from './methods.js'
import { kindsWithPages } from '../kind-pages.js'

/** Shows the session's current step; `?step=method` goes back to the choice. */
export function showSetupStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    if (req.query['step'] === 'method') return showMethods(account, req, res, next, null)
    for (const { pages } of kindsWithPages(account.otp.kinds))
      if (await pages.steps?.show(account, req, res, next)) return
    showIntroduction(req, res, next, null)
  }
}

/** Explains what the setup is for. */
export function showIntroduction(
  req: Request,
  res: Response,
  next: string | null,
  rejection: FormRejection | null,
): void {
  sendStep(req, res, 'account/setup/introduction', { later: laterPath(req, next) }, next, rejection)
}

/**
 * Returns where the user can continue during the grace period; null after it. Never the panel,
 * which always requires a second factor.
 */
function laterPath({ secondFactorDue }: Request, next: string | null): string | null {
  if (!secondFactorDue || secondFactorDue.daysLeft === 0) return null
  return next && !/^\/admin(?![\w-])/.test(next) ? next : '/account/two-factor'
}

/** Shows the methods to choose from. */
export function showMethods(
  account: AccountServices,
  req: Request,
  res: Response,
  next: string | null,
  rejection: FormRejection | null,
): void {
  sendStep(req, res, 'account/setup/method', { methods: offeredMethods(account, req) }, next, rejection)
}

/** Renders a step of the wizard, with the reason if one was rejected. */
export function sendStep(
  req: Request,
  res: Response,
  view: string,
  values: object,
  next: string | null,
  rejection: FormRejection | null,
): void {
  sendPage(res, view, { ...values, next: next ?? '', alert: applyRejection(req, res, rejection) })
}
