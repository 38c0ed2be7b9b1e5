import { type RequestHandler, Router } from 'express'
import { keepKeyChallenge } from '../../auth/browser-challenge.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { parseForms } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { requestNewKey } from '../../otp/webauthn/creation-options.js'
import type { Account } from '../account.js'
import { postKey } from './post-key.js'
import { removeKey } from './remove-key.js'
import { showAdd } from './show-add.js'

const ADD = '/account/two-factor/security-keys/add'

/** Security keys and passkeys: adding one, in set-up or beside other devices, and removing one. */
export function securityKeysRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  router.get(ADD, fresh, (req, res) => showAdd(account, req, res, null))
  router.post(ADD, fresh, ...parseForms(), postKey(account))
  router.post(`${ADD}/options`, fresh, postRequest(account))
  router.post('/account/two-factor/security-keys/:id/delete', fresh, ...parseForms(), removeKey(account))
  return router
}

/** Gives the script what to ask a new key. Nothing of the key is stored before it has answered. */
function postRequest(account: Account): RequestHandler {
  return async (req, res) => {
    const discoverable = account.config.otpPasskeyLogin
    const replaces = req.session.keyChallenge?.id ?? null
    const request = req.user ? await requestNewKey(account.otp, req.user, { discoverable, replaces }) : null
    if (!request) return refuse(req, res, { status: 404, code: 'not_found' })
    keepKeyChallenge(req, 'add', request.challenge)
    res.set('Cache-Control', 'no-store').json(request.options)
  }
}
