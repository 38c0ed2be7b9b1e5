import { z } from 'zod'
import { passwordField, parseForms, readForm } from '../../http/forms/read-form.js'
import { MAX_PASSWORD_LENGTH, validatePassword } from '../../auth/password/validate-password.js'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { continueSession, passwordFactor } from '../../auth/session/session.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { applyRejection, rejectForm } from '../../http/forms/reject-form.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { AccountServices } from '../account-services.js'
import { confirmCurrentPassword } from '../confirm-current-password.js'
import { profilePath } from '../notices.js'
import { changePassword } from './change-password.js'

/** Twice the limit, so that the page can report a password that is too long. */
export const changePasswordForm = z.object({
  password: passwordField(2 * MAX_PASSWORD_LENGTH),
  new_password: passwordField(2 * MAX_PASSWORD_LENGTH),
})

const CHANGE = '/account/password/change'

/** Changes the password of a user who knows the current one. Other sessions end; this one continues with a new ID. */
export function changePasswordRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  router.get(CHANGE, fresh, (_req, res) => sendPage(res, 'account/password-change', { alert: null }))
  router.post(CHANGE, fresh, ...parseForms(), postChange(account))
  return router
}

function postChange(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, changePasswordForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const newPassword = form.new_password ?? ''
    const check = await confirmCurrentPassword(account, req, form.password ?? '')
    if (!check.ok) return showRejection(req, res, check.code, check.retryAfter)
    const problem = await validatePassword(newPassword, [req.user.email, account.config.siteName])
    if (problem) return showRejection(req, res, problem)
    const session = { userId: req.user.id, epoch: req.session.epoch }
    const epoch = await changePassword(account, session, newPassword, readClientInfo(req))
    const isSignedIn =
      epoch !== null && (await continueSession(req, epoch, passwordFactor(account.clock.now().getTime())))
    res.redirect(303, isSignedIn ? profilePath('password_changed') : loginPath(null))
  }
}

function showRejection(req: Request, res: Response, code: string, retryAfter?: number): void {
  sendPage(res, 'account/password-change', { alert: applyRejection(req, res, rejectForm(code, retryAfter)) })
}
