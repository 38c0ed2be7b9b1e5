import { type Request, type RequestHandler, type Response, Router } from 'express'
import { policyOf } from '../../auth/policy/policy.js'
import { newSessionData, replaceSession } from '../../auth/session/session.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { formAlert } from '../../http/forms/form-alert.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { parseForms, readForm, textField } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { AccountServices } from '../account-services.js'
import { disableTwoFactor } from './disable-two-factor.js'
import { z } from 'zod'

const PATH = '/account/two-factor/disable'

/** Turns two-factor authentication off, after a confirmation and unless the policy requires it. */
export function disableRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guards = [requireFreshToken(account), hasDevice]
  router.get(PATH, ...guards, (req, res) => showDisable(account, req, res, null))
  router.post(PATH, ...guards, ...parseForms(), postDisable(account))
  return router
}

/** A fresh session that no device verified belongs to a user without devices, so there is nothing to turn off. */
const hasDevice: RequestHandler = (req, res, next) => {
  if (req.user?.isVerified()) next()
  else res.redirect(302, '/account/two-factor')
}

function postDisable(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, disableForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    if (policyOf(account.config, req.user).demanded) return showDisable(account, req, res, 'policy')
    if (!form.confirm) return showDisable(account, req, res, 'confirmation_required')
    const { id } = req.user
    const { epoch, factors = [] } = req.session
    const authEpoch = await disableTwoFactor(account, { userId: id, epoch }, readClientInfo(req))
    const passwordFactors = factors.filter(({ device }) => device === null)
    const isSignedIn =
      authEpoch !== null &&
      (await replaceSession(req, newSessionData(req, { id, authEpoch }, passwordFactors, account.clock.now())))
    res.redirect(303, isSignedIn ? '/account/two-factor' : loginPath(null))
  }
}

function showDisable(account: AccountServices, req: Request, res: Response, code: string | null): void {
  if (code) res.status(422)
  sendPage(res, 'account/disable', {
    forbidden: req.user ? policyOf(account.config, req.user).demanded : true,
    alert: code && formAlert(req, code),
  })
}

export const disableForm = z.object({ confirm: textField(16) })
