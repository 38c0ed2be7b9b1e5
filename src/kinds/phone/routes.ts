import { type RequestHandler, Router } from 'express'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { redirectDone } from '../../http/step-done.js'
import type { AccountServices } from '../../account/account-services.js'
import { removeOwnDevice } from '../../account/devices/remove-own-device.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { parseForms } from '../../http/forms/read-form.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { PHONE_SETUP_PATH } from './setup.js'
import { awaitsCode, readCodeSetup } from '../delivered-code/setup.js'
import { submitPhoneStep } from './submit-step.js'
import { showPhoneCodeForm, showNumberForm } from './show-step.js'

/** Removes one of the user's own phones, by the same rules as any device. Another user's phone is not found. */
function deletePhone(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const deviceId = `phone/${String(req.params['id'])}`
    const removed = await removeOwnDevice(account, req.user, deviceId, readClientInfo(req))
    if (removed.ok) return redirectDone(res, '/account/two-factor')
    rejectRequest(req, res, { status: removed.code === 'policy' ? 422 : 404, code: removed.code })
  }
}

/** Creates the routes on which a user adds a phone, as the first device or an additional one, and removes one. */
export function phoneRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  const offered = requireGateway(account)
  router.get(PHONE_SETUP_PATH, fresh, offered, showStep(account))
  router.post(PHONE_SETUP_PATH, fresh, offered, ...parseForms(), submitPhoneStep(account))
  router.post('/account/two-factor/phones/:id/delete', fresh, ...parseForms(), deletePhone(account))
  return router
}

/** Redirects to the profile if no gateway is configured, because no code could be sent. */
function requireGateway({ config }: AccountServices): RequestHandler {
  return (_req, res, next) => (config.smsGateway ? next() : res.redirect(302, '/account/two-factor'))
}

/** Renders the step that this session is at; `?step=number` goes back to the number. */
function showStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    const setup = await readCodeSetup(account, req, 'phone')
    const typed = { number: setup?.number ?? '', method: setup?.method ?? 'sms' }
    if (setup && awaitsCode(setup) && req.query['step'] !== 'number') showPhoneCodeForm(req, res, next, setup, null)
    else showNumberForm(account, req, res, next, typed, null)
  }
}
