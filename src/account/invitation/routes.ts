import { type Request, type RequestHandler, type Response, Router } from 'express'
import { setupPath } from '../../auth/policy/enrolment.js'
import { type PassedFactor, passwordFactor, startPending, startSession } from '../../auth/session/session.js'
import { applyRejection, rejectForm } from '../../http/forms/reject-form.js'
import { noReferrer } from '../../http/pages/no-referrer.js'
import { parseForms, readForm, passwordField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import { askable, factorsOfUser } from '../../otp/devices/devices-for-user.js'
import type { AccountServices } from '../account-services.js'
import { acceptInvitation } from './accept-invitation.js'
import { type Invitation, readInvitation } from './read-invitation.js'
import { z } from 'zod'
import { MAX_PASSWORD_LENGTH } from '../../auth/password/validate-password.js'

const PATH = '/account/invitation/:token'

/** Enrolment by invitation: the link and the password give access to the setup and to nothing else. */
export function invitationRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(PATH, noReferrer, showInvitation(account))
  router.post(PATH, noReferrer, ...parseForms(), postInvitation(account))
  return router
}

function showInvitation(account: AccountServices): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const invited = await readInvitation(account, req.params.token)
    if (invited) sendInvitation(res, invited, null)
    else rejectRequest(req, res, { status: 404, code: 'link_invalid' })
  }
}

function postInvitation(account: AccountServices): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const form = readForm(req, invitationForm)
    if (!form) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const invited = await readInvitation(account, req.params.token)
    if (!invited) return rejectRequest(req, res, { status: 404, code: 'link_invalid' })
    const result = await acceptInvitation(account, req, invited, form.password ?? '')
    if (result.ok) return enter(account, req, res, result.user)
    if (result.code === 'link_invalid') return rejectRequest(req, res, { status: 404, code: 'link_invalid' })
    showRejection(req, res, invited, result.code, 'retryAfter' in result ? result.retryAfter : undefined)
  }
}

/**
 * Prompts a user with a usable device for a token first. Otherwise starts a session that only
 * gives access to the setup, even if the user has disabled devices: an invitation restores access.
 */
async function enter(account: AccountServices, req: Request, res: Response, user: { id: number; authEpoch: number }) {
  const now = account.clock.now()
  if (askable(account.otp, await factorsOfUser(account.otp, user.id)).length > 0) {
    await startPending(req, user, now)
    return res.redirect(303, loginPath(setupPath(null)))
  }
  const at = now.getTime()
  const invitation: PassedFactor = { kind: 'invitation', device: null, at, how: 'link' }
  await startSession(req, user, [invitation, passwordFactor(at)], now)
  req.session.invitedAt = at
  res.redirect(303, setupPath(null))
}

function showRejection(req: Request, res: Response, invited: Invitation, code: string, retryAfter?: number): void {
  sendInvitation(res, invited, applyRejection(req, res, rejectForm(code, retryAfter)))
}

function sendInvitation(res: Response, { email, hasPassword }: Invitation, alert: object | null): void {
  sendPage(res, 'account/invitation', { email, hasPassword, alert })
}

/** Twice the limit, so that the page can report a password that is too long. */
export const invitationForm = z.object({ password: passwordField(2 * MAX_PASSWORD_LENGTH) })
