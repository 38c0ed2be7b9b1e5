import { type Request, type RequestHandler, type Response, Router } from 'express'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { parseForms, readForm } from '../../http/forms/read-form.js'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { sendPage } from '../../http/pages/send-page.js'
import { formAlert } from '../../http/forms/form-alert.js'
import { redirectDone } from '../../http/step-done.js'
import type { AccountServices } from '../../account/account-services.js'
import { hotpKeyForm, startHotpSetup } from './setup.js'
import { showCodeForm, submitCode, submitResync, type HotpParams } from './confirm.js'

const TOKENS_PATH = '/account/two-factor/hardware-tokens'

/** Creates the routes on which a user adds a hardware token by its key, confirms it with a code and resynchronises it with two. */
export function hotpRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  router.get(`${TOKENS_PATH}/add`, fresh, (_req, res) => sendPage(res, 'account/hardware-tokens/add', emptyForm))
  router.post(`${TOKENS_PATH}/add`, fresh, ...parseForms(), postKey(account))
  router.get(`${TOKENS_PATH}/:id/confirm`, fresh, showCodeForm(account, 'confirm'))
  router.post(`${TOKENS_PATH}/:id/confirm`, fresh, ...parseForms(), submitCode(account))
  router.get(`${TOKENS_PATH}/:id/synchronise`, fresh, showCodeForm(account, 'synchronise'))
  router.post(`${TOKENS_PATH}/:id/synchronise`, fresh, ...parseForms(), submitResync(account))
  return router
}

/** Contains no key: it is a secret, so a rejected form is shown without it. */
const emptyForm = { name: '', digits: '6', counter: '', alert: null }

function postKey(account: AccountServices): RequestHandler<HotpParams> {
  return async (req, res) => {
    const form = readForm(req, hotpKeyForm)
    if (!form || !req.user) return rejectRequest(req, res, { status: 400, code: 'bad_request' })
    const added = await startHotpSetup(account, req.user.id, form)
    if (added.ok) return redirectDone(res, `${TOKENS_PATH}/${added.device.id}/confirm`)
    showRejected(req, res, added.code, {
      name: form.name ?? '',
      digits: form.digits ?? '6',
      counter: form.counter ?? '',
    })
  }
}

function showRejected(
  req: Request<HotpParams>,
  res: Response,
  code: string,
  typed: { name: string; digits: string; counter: string },
): void {
  res.status(422)
  sendPage(res, 'account/hardware-tokens/add', { ...typed, alert: formAlert(req, code) })
}
