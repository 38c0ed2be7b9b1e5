import { type Request, type RequestHandler, type Response, Router } from 'express'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { alertFor } from '../../http/alert-for.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { hideToken } from '../../http/hide-token.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { loginAddress } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import type { Account } from '../account.js'
import { checkOwnPassword } from '../check-own-password.js'
import { findLink } from '../one-time-link.js'
import { profileAddress } from '../profile/notices.js'
import { confirmEmailChange, requestEmailChange } from './change-email.js'
import { readEmail } from '../../typed-text/read-email.js'
import { emailForm } from './forms.js'

const EMAIL = '/account/email'
const CONFIRM = '/account/email/confirm/:token'

/** Another email address: asked for with a fresh token and the password, confirmed by the link that goes there. */
export function emailRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  router.get(EMAIL, fresh, (_req, res) => sendPage(res, 'account/email/change', { email: '', alert: null }))
  router.post(EMAIL, fresh, ...parseForms(), postEmail(account))
  router.get(CONFIRM, hideToken, showConfirm(account))
  router.post(CONFIRM, hideToken, ...parseForms(), postConfirm(account))
  return router
}

/** Says the same whether somebody else has the address or not; then the link will not work. */
function postEmail(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, emailForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const email = readEmail(form.email ?? '')
    if (!email) return showRefused(req, res, form.email, 'email_invalid')
    const check = await checkOwnPassword(account, req, form.password ?? '')
    if (!check.ok) return showRefused(req, res, email, check.code, check.retryAfter)
    const wish = { user: req.user, epoch: req.session.epoch, newEmail: email, language: req.language }
    const request = await requestEmailChange(account, wish, describeOrigin(req))
    if (!request.ok && request.reason === 'session_ended') return res.redirect(303, loginAddress(null))
    if (!request.ok) return showRefused(req, res, email, 'too_many_requests', request.retryAfter)
    redirectDone(res, profileAddress('email_requested'))
  }
}

function showRefused(req: Request, res: Response, email: string | undefined, code: string, retryAfter?: number): void {
  res.status(retryAfter === undefined ? 422 : 429)
  if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter))
  sendPage(res, 'account/email/change', { email: email ?? '', alert: alertFor(req, code, retryAfter) })
}

/** Asks only: mail programs open links before people do. */
function showConfirm(account: Account): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const link = await findLink(account, 'email-confirmation', req.params.token)
    if (!link) return refuse(req, res, { status: 404, code: 'link_invalid' })
    sendPage(res, 'account/email/confirm', { email: String(link.details['email']) })
  }
}

function postConfirm(account: Account): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const changed = await confirmEmailChange(account, req.params.token, describeOrigin(req))
    if (!changed) return refuse(req, res, { status: 404, code: 'link_invalid' })
    if (req.user) res.redirect(303, profileAddress('email_changed'))
    else sendPage(res, 'account/email/done')
  }
}
