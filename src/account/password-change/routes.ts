import { type Request, type RequestHandler, type Response, Router } from 'express'
import { goOnWith, passwordFactor } from '../../auth/session.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { alertFor } from '../../http/alert-for.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { loginAddress } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { Account } from '../account.js'
import { checkOwnPassword } from '../check-own-password.js'
import { judgePassword } from '../password/judge-password.js'
import { profileAddress } from '../profile/notices.js'
import { changePassword } from './change-password.js'
import { changeForm } from './forms.js'

const CHANGE = '/account/password/change'

/** A new password for somebody who knows the old one. Other sessions end; this one goes on under a new id. */
export function passwordChangeRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  router.get(CHANGE, fresh, (_req, res) => sendPage(res, 'account/password-change', { alert: null }))
  router.post(CHANGE, fresh, ...parseForms(), postChange(account))
  return router
}

function postChange(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, changeForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const wanted = form.new_password ?? ''
    const check = await checkOwnPassword(account, req, form.password ?? '')
    if (!check.ok) return showRefused(req, res, check.code, check.retryAfter)
    const fault = await judgePassword(wanted, [req.user.email, account.config.siteName])
    if (fault) return showRefused(req, res, fault)
    const asking = { userId: req.user.id, epoch: req.session.epoch }
    const epoch = await changePassword(account, asking, wanted, describeOrigin(req))
    const goesOn = epoch !== null && (await goOnWith(req, epoch, passwordFactor(account.clock.now().getTime())))
    res.redirect(303, goesOn ? profileAddress('password_changed') : loginAddress(null))
  }
}

function showRefused(req: Request, res: Response, code: string, retryAfter?: number): void {
  res.status(retryAfter === undefined ? 422 : 429)
  if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter))
  sendPage(res, 'account/password-change', { alert: alertFor(req, code, retryAfter) })
}
