import { z } from 'zod'
import { textField, passwordField, parseForms, readForm } from '../../http/forms/read-form.js'
import { MAX_PASSWORD_LENGTH } from '../../auth/password/validate-password.js'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { formAlert } from '../../http/forms/form-alert.js'
import { applyRejection, rejectForm } from '../../http/forms/reject-form.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { noReferrer } from '../../http/pages/no-referrer.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendPage } from '../../http/pages/send-page.js'
import { redirectDone } from '../../http/step-done.js'
import { newFormId } from '../../auth/repeats/form-id.js'
import { isBlank } from '../../typed-text/clean-text.js'
import type { AccountServices } from '../account-services.js'
import { findLink } from '../../auth/links/one-time-link.js'
import { requestReset } from './request-reset.js'
import { resetPassword } from './reset-password.js'
import { takeReset } from './take-reset.js'
import { errorForLog } from '../../error-for-log.js'

export const requestResetForm = z.object({ username: textField(254) })

/** Twice the limit, so that the page can report a password that is too long. */
export const resetPasswordForm = z.object({ password: passwordField(2 * MAX_PASSWORD_LENGTH) })

const FORGOT = '/account/password/forgot'
const RESET = '/account/password/reset/:token'

/** A forgotten password: requests a link, and sets a new password with it. */
export function resetPasswordRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(FORGOT, (req, res) => showForgot(req, res, { sent: 'sent' in req.query, alert: null }))
  router.post(FORGOT, ...parseForms(), postForgot(account))
  router.get(RESET, noReferrer, showReset(account))
  router.post(RESET, noReferrer, ...parseForms(), postReset(account))
  return router
}

/**
 * Responds before the link is created, and does the same work for every email address. Neither
 * the status, the text nor the timing, including that of the next request, reveals whether an
 * account has the email address (ASVS 6.3.8). Only a browser with the cookie of an earlier
 * sign-in is looked up first, and learns nothing except that its own account has it.
 */
function postForgot(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, requestResetForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const email = form.username ?? ''
    const wait = await takeReset(account, req, email)
    if (wait !== null) return rejectForgot(req, res, wait)
    const { language, log } = req
    const client = readClientInfo(req)
    redirectDone(res, `${FORGOT}?sent`)
    // An empty form belongs to no account, so there is nothing to hide.
    if (isBlank(email)) return
    requestReset(account, email, language, client).catch((error: unknown) =>
      log.error({ err: errorForLog(error) }, 'could not send a password reset link'),
    )
  }
}

function rejectForgot(req: Request, res: Response, seconds: number): void {
  showForgot(req, res, { sent: false, alert: applyRejection(req, res, rejectForm('too_many_requests', seconds)) })
}

function showForgot(req: Request, res: Response, values: { sent: boolean; alert: object | null }): void {
  sendPage(res, 'account/password/forgot', { ...values, formId: newFormId(req) })
}

function showReset(account: AccountServices): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const email = await findLinkEmail(account, req.params.token)
    if (email !== null) sendPage(res, 'account/password/reset', { email, alert: null })
    else rejectRequest(req, res, { status: 404, code: 'link_invalid' })
  }
}

/** Returns the email address of the link's user, for the password manager; null if the link does not work. */
async function findLinkEmail(account: AccountServices, token: string): Promise<string | null> {
  const link = await findLink(account, 'password-reset', token)
  const user = link && (await account.database.models.User.findByPk(link.userId, { attributes: ['email'] }))
  return user?.email ?? null
}

function postReset(account: AccountServices): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const form = readForm(req, resetPasswordForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const reset = await resetPassword(account, req.params.token, form.password ?? '', readClientInfo(req))
    if (reset.ok) return res.redirect(303, '/account/login?notice=password_changed')
    if (reset.code === 'link_invalid') return rejectRequest(req, res, { status: 404, code: 'link_invalid' })
    res.status(422)
    const email = (await findLinkEmail(account, req.params.token)) ?? ''
    sendPage(res, 'account/password/reset', { email, alert: formAlert(req, reset.code) })
  }
}
