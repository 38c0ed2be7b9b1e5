import { type RequestHandler, Router } from 'express'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { redirectDone } from '../../http/step-done.js'
import type { AccountServices } from '../../account/account-services.js'
import { removeOwnDevice } from '../../account/devices/remove-own-device.js'
import { keepKeyChallenge } from '../../auth/browser-challenge.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { parseForms } from '../../http/forms/read-form.js'
import { createRegistrationOptions } from './registration-options.js'
import { submitKey } from './submit-step.js'
import { showAddKeyForm } from './show-step.js'

/** Removes one of the user's own keys, by the same rules as any device. */
function removeKey(account: AccountServices): RequestHandler {
  return async (req, res) => {
    if (!req.user) return
    const deviceId = `webauthn/${String(req.params['id'])}`
    const removed = await removeOwnDevice(account, req.user, deviceId, readClientInfo(req))
    if (removed.ok) return redirectDone(res, '/account/two-factor')
    rejectRequest(req, res, { status: removed.code === 'policy' ? 422 : 404, code: removed.code })
  }
}

export const ADD_PATH = '/account/two-factor/security-keys/add'

/** Creates the routes on which a user adds a security key or passkey, as the first device or an additional one, and removes one. */
export function webauthnRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  router.get(ADD_PATH, fresh, (req, res) => showAddKeyForm(account, req, res, null))
  router.post(ADD_PATH, fresh, ...parseForms(), submitKey(account))
  router.post(`${ADD_PATH}/options`, fresh, postOptions(account))
  router.post('/account/two-factor/security-keys/:id/delete', fresh, ...parseForms(), removeKey(account))
  return router
}

/** Responds with the options for a new key. Nothing about the key is stored before it has responded. */
function postOptions(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const discoverable = account.config.otpPasskeyLogin
    const replaces = req.session.keyChallenge?.id ?? null
    const created = req.user ? await createRegistrationOptions(account.otp, req.user, { discoverable, replaces }) : null
    if (!created) return rejectRequest(req, res, { status: 404, code: 'not_found' })
    keepKeyChallenge(req, 'add', created.challenge)
    res.set('Cache-Control', 'no-store').json(created.options)
  }
}
