import { z } from 'zod'
import { textField, passwordField, parseForms, readForm } from '../../http/forms/read-form.js'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { applyRejection, rejectForm } from '../../http/forms/reject-form.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { noReferrer } from '../../http/pages/no-referrer.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { AccountServices } from '../account-services.js'
import { confirmCurrentPassword } from '../confirm-current-password.js'
import { findLink } from '../../auth/links/one-time-link.js'
import { profilePath } from '../notices.js'
import { confirmEmailChange, requestEmailChange } from './change-email.js'
import { readEmail } from '../../typed-text/read-email.js'

export const changeEmailForm = z.object({ email: textField(254), password: passwordField(1024) })

const EMAIL = '/account/email'
const CONFIRM = '/account/email/confirm/:token'

/** Changes the email address: requested with a fresh token and the password, confirmed by a link sent to the new one. */
export function changeEmailRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  router.get(EMAIL, fresh, (_req, res) => sendPage(res, 'account/email/change', { email: '', alert: null }))
  router.post(EMAIL, fresh, ...parseForms(), postEmail(account))
  router.get(CONFIRM, noReferrer, showConfirm(account))
  router.post(CONFIRM, noReferrer, ...parseForms(), postConfirm(account))
  return router
}

/** Responds the same if another user has the email address. The link does not work then. */
function postEmail(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, changeEmailForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const email = readEmail(form.email ?? '')
    if (!email) return showRejection(req, res, form.email, 'email_invalid')
    const check = await confirmCurrentPassword(account, req, form.password ?? '')
    if (!check.ok) return showRejection(req, res, email, check.code, check.retryAfter)
    const input = { user: req.user, epoch: req.session.epoch, newEmail: email, language: req.language }
    const request = await requestEmailChange(account, input, readClientInfo(req))
    if (!request.ok && request.reason === 'session_ended') return res.redirect(303, loginPath(null))
    if (!request.ok) return showRejection(req, res, email, 'too_many_requests', request.retryAfter)
    redirectDone(res, profilePath('email_requested'))
  }
}

function showRejection(
  req: Request,
  res: Response,
  email: string | undefined,
  code: string,
  retryAfter?: number,
): void {
  sendPage(res, 'account/email/change', {
    email: email ?? '',
    alert: applyRejection(req, res, rejectForm(code, retryAfter)),
  })
}

/** Only shows a confirmation form, because mail programs open links before people do. */
function showConfirm(account: AccountServices): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const link = await findLink(account, 'email-confirmation', req.params.token)
    if (!link) return rejectRequest(req, res, { status: 404, code: 'link_invalid' })
    sendPage(res, 'account/email/confirm', { email: String(link.details['email']) })
  }
}

function postConfirm(account: AccountServices): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const changed = await confirmEmailChange(account, req.params.token, readClientInfo(req))
    if (!changed) return rejectRequest(req, res, { status: 404, code: 'link_invalid' })
    if (req.user) res.redirect(303, profilePath('email_changed'))
    else sendPage(res, 'account/email/done')
  }
}
