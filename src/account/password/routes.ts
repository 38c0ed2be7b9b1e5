import { type Request, type RequestHandler, type Response, Router } from 'express'
import { alertFor } from '../../http/alert-for.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { hideToken } from '../../http/hide-token.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { sendPage } from '../../http/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import { newFormId } from '../../auth/repeats/form-id.js'
import { isBlank } from '../../typed-text/clean-text.js'
import type { Account } from '../account.js'
import { findLink } from '../one-time-link.js'
import { forgotForm, resetForm } from './forms.js'
import { requestReset } from './request-reset.js'
import { resetPassword } from './reset-password.js'
import { takeReset } from './take-reset.js'
import { faultForLog } from '../../fault-for-log.js'

const FORGOT = '/account/password/forgot'
const RESET = '/account/password/reset/:token'

/** A forgotten password: asking for a link, and the new password that it leads to. */
export function passwordRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(FORGOT, (req, res) => showForgot(req, res, { sent: 'sent' in req.query, alert: null }))
  router.post(FORGOT, ...parseForms(), postForgot(account))
  router.get(RESET, hideToken, showReset(account))
  router.post(RESET, hideToken, ...parseForms(), postReset(account))
  return router
}

/**
 * The answer is sent before the link is made, and all the work is the same for every address: no
 * status, no text and no time, that of the next request included, shows whether an account has
 * this address (ASVS 6.3.8). Only a browser with the cookie of an earlier sign-in is looked up first,
 * and it finds out nothing but that its own account has the address.
 */
function postForgot(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, forgotForm)
    if (!form) return refuse(req, res, { status: 400, code: 'bad_request' })
    const email = form.username ?? ''
    const wait = await takeReset(account, req, email)
    if (wait !== null) return refuseForgot(req, res, wait)
    const { language, log } = req
    const origin = describeOrigin(req)
    redirectDone(res, `${FORGOT}?sent`)
    // Nobody's, whoever looks: there is nothing to hide.
    if (isBlank(email)) return
    requestReset(account, email, language, origin).catch((fault: unknown) =>
      log.error({ err: faultForLog(fault) }, 'could not send a password reset link'),
    )
  }
}

function refuseForgot(req: Request, res: Response, seconds: number): void {
  res.status(429).set('Retry-After', String(seconds))
  showForgot(req, res, { sent: false, alert: alertFor(req, 'too_many_requests', seconds) })
}

function showForgot(req: Request, res: Response, values: { sent: boolean; alert: object | null }): void {
  sendPage(res, 'account/password/forgot', { ...values, formId: newFormId(req) })
}

function showReset(account: Account): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const email = await emailOfLink(account, req.params.token)
    if (email !== null) sendPage(res, 'account/password/reset', { email, alert: null })
    else refuse(req, res, { status: 404, code: 'link_invalid' })
  }
}

/** Whose password the link sets, for the password manager; null if the link does not work. */
async function emailOfLink(account: Account, token: string): Promise<string | null> {
  const link = await findLink(account, 'password-reset', token)
  const user = link && (await account.database.models.User.findByPk(link.userId, { attributes: ['email'] }))
  return user?.email ?? null
}

function postReset(account: Account): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const form = readForm(req, resetForm)
    if (!form) return refuse(req, res, { status: 400, code: 'bad_request' })
    const reset = await resetPassword(account, req.params.token, form.password ?? '', describeOrigin(req))
    if (reset.ok) return res.redirect(303, '/account/login?notice=password_changed')
    if (reset.code === 'link_invalid') return refuse(req, res, { status: 404, code: 'link_invalid' })
    res.status(422)
    const email = (await emailOfLink(account, req.params.token)) ?? ''
    sendPage(res, 'account/password/reset', { email, alert: alertFor(req, reset.code) })
  }
}
