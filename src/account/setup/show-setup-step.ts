import type { Request, RequestHandler, Response } from 'express'
import { applyRejection, type FormRejection } from '../../http/reject-form.js'
import { safeNext } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { AccountServices } from '../account-services.js'
import { offeredMethods } from './methods.js'
import { kindsWithPages } from '../kind-pages.js'

/** The step that this session stands at; `?step=method` goes back to the choice. */
export function showSetupStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    if (req.query['step'] === 'method') return showMethods(account, req, res, next, null)
    for (const { pages } of kindsWithPages(account.otp.kinds))
      if (await pages.steps?.show(account, req, res, next)) return
    showIntroduction(req, res, next, null)
  }
}

/** What set-up is for. */
export function showIntroduction(
  req: Request,
  res: Response,
  next: string | null,
  refusal: FormRejection | null,
): void {
  sendStep(req, res, 'account/setup/introduction', { later: laterAddress(req, next) }, next, refusal)
}

/** Where somebody may go on to while the policy gives him time; null: now or never. The panel wants a second factor all the same. */
function laterAddress({ secondFactorDue }: Request, next: string | null): string | null {
  if (!secondFactorDue || secondFactorDue.daysLeft === 0) return null
  return next && !/^\/admin(?![\w-])/.test(next) ? next : '/account/two-factor'
}

/** The choice between the methods that this site offers. */
export function showMethods(
  account: AccountServices,
  req: Request,
  res: Response,
  next: string | null,
  refusal: FormRejection | null,
): void {
  sendStep(req, res, 'account/setup/method', { methods: offeredMethods(account, req) }, next, refusal)
}

/** Renders a step of the wizard, with the reason if one was rejected. */
export function sendStep(
  req: Request,
  res: Response,
  view: string,
  values: object,
  next: string | null,
  refusal: FormRejection | null,
): void {
  sendPage(res, view, { ...values, next: next ?? '', alert: applyRejection(req, res, refusal) })
}
