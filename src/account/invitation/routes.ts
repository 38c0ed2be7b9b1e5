import { type Request, type RequestHandler, type Response, Router } from 'express'
import { setUpAddress } from '../../auth/enrolment.js'
import { type PassedFactor, passwordFactor, startPending, startSession } from '../../auth/session.js'
import { alertFor } from '../../http/alert-for.js'
import { hideToken } from '../../http/hide-token.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { loginAddress } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import { askable, factorsOfUser } from '../../otp/devices-for-user.js'
import type { Account } from '../account.js'
import { acceptInvitation } from './accept-invitation.js'
import { invitationForm } from './forms.js'
import { type Invited, readInvitation } from './read-invitation.js'

const ADDRESS = '/account/invitation/:token'

/** Enrolment by invitation: the link and the password open set-up, and nothing else. */
export function invitationRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(ADDRESS, hideToken, showInvitation(account))
  router.post(ADDRESS, hideToken, ...parseForms(), postInvitation(account))
  return router
}

function showInvitation(account: Account): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const invited = await readInvitation(account, req.params.token)
    if (invited) sendInvitation(res, invited, null)
    else refuse(req, res, { status: 404, code: 'link_invalid' })
  }
}

function postInvitation(account: Account): RequestHandler<{ token: string }> {
  return async (req, res) => {
    const form = readForm(req, invitationForm)
    if (!form) return refuse(req, res, { status: 400, code: 'bad_request' })
    const invited = await readInvitation(account, req.params.token)
    if (!invited) return refuse(req, res, { status: 404, code: 'link_invalid' })
    const acceptance = await acceptInvitation(account, req, invited, form.password ?? '')
    if (acceptance.ok) return enter(account, req, res, acceptance.user)
    if (acceptance.code === 'link_invalid') return refuse(req, res, { status: 404, code: 'link_invalid' })
    refuseForm(req, res, invited, acceptance.code, 'retryAfter' in acceptance ? acceptance.retryAfter : undefined)
  }
}

/**
 * Whoever has a device that can be asked is asked for it first; else a session begins that is
 * good for setup alone, also where devices are disabled: an invitation is a way back.
 */
async function enter(account: Account, req: Request, res: Response, user: { id: number; authEpoch: number }) {
  const now = account.clock.now()
  if (askable(account.otp, await factorsOfUser(account.otp, user.id)).length > 0) {
    await startPending(req, user, now)
    return res.redirect(303, loginAddress(setUpAddress(null)))
  }
  const at = now.getTime()
  const invitation: PassedFactor = { kind: 'invitation', device: null, at, how: 'link' }
  await startSession(req, user, [invitation, passwordFactor(at)], now)
  req.session.invitedAt = at
  res.redirect(303, setUpAddress(null))
}

function refuseForm(req: Request, res: Response, invited: Invited, code: string, retryAfter?: number): void {
  res.status(retryAfter === undefined ? 422 : 429)
  if (retryAfter !== undefined) res.set('Retry-After', String(retryAfter))
  sendInvitation(res, invited, alertFor(req, code, retryAfter))
}

function sendInvitation(res: Response, { email, hasPassword }: Invited, alert: object | null): void {
  sendPage(res, 'account/invitation', { email, hasPassword, alert })
}
