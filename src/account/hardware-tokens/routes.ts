import { type Request, type RequestHandler, type Response, Router } from 'express'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { sendPage } from '../../http/send-page.js'
import { alertFor } from '../../http/alert-for.js'
import { redirectDone } from '../../http/step-done.js'
import type { Account } from '../account.js'
import { addHardwareToken } from './add-hardware-token.js'
import { showCodes, submitCode, submitCodes, type TokenParams } from './confirm-hardware-token.js'
import { keyForm } from './forms.js'

const TOKENS = '/account/two-factor/hardware-tokens'

/** Hardware tokens that count (HOTP): added by their key, confirmed by a code, brought back into step by two. */
export function hardwareTokensRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  router.get(`${TOKENS}/add`, fresh, (_req, res) => sendPage(res, 'account/hardware-tokens/add', emptyForm))
  router.post(`${TOKENS}/add`, fresh, ...parseForms(), postKey(account))
  router.get(`${TOKENS}/:id/confirm`, fresh, showCodes(account, 'confirm'))
  router.post(`${TOKENS}/:id/confirm`, fresh, ...parseForms(), submitCode(account))
  router.get(`${TOKENS}/:id/synchronise`, fresh, showCodes(account, 'synchronise'))
  router.post(`${TOKENS}/:id/synchronise`, fresh, ...parseForms(), submitCodes(account))
  return router
}

/** The key is a secret: a refused form does not bring it back. */
const emptyForm = { name: '', digits: '6', counter: '', alert: null }

function postKey(account: Account): RequestHandler<TokenParams> {
  return async (req, res) => {
    const form = readForm(req, keyForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    const added = await addHardwareToken(account, req.user.id, form)
    if (added.ok) return redirectDone(res, `${TOKENS}/${added.device.id}/confirm`)
    showRefused(req, res, added.code, {
      name: form.name ?? '',
      digits: form.digits ?? '6',
      counter: form.counter ?? '',
    })
  }
}

function showRefused(
  req: Request<TokenParams>,
  res: Response,
  code: string,
  typed: { name: string; digits: string; counter: string },
): void {
  res.status(422)
  sendPage(res, 'account/hardware-tokens/add', { ...typed, alert: alertFor(req, code) })
}
