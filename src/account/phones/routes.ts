import { type RequestHandler, Router } from 'express'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { parseForms } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import type { Account } from '../account.js'
import { awaitsCode, readCodeSetUp } from '../code-set-up/read-code-set-up.js'
import { deletePhone } from './delete-phone.js'
import { postStep } from './post-step.js'
import { showCode, showNumber } from './show-add.js'

const ADD = '/account/two-factor/phones/add'

/** Phones: adding one, in set-up or beside other devices, and removing one. */
export function phonesRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  const offered = requireGateway(account)
  router.get(ADD, fresh, offered, showStep(account))
  router.post(ADD, fresh, offered, ...parseForms(), postStep(account))
  router.post('/account/two-factor/phones/:id/delete', fresh, ...parseForms(), deletePhone(account))
  return router
}

/** Without one there is nothing to add (F-42). */
function requireGateway({ config }: Account): RequestHandler {
  return (_req, res, next) => (config.smsGateway ? next() : res.redirect(302, '/account/two-factor'))
}

/** The step that this session stands at; `?step=number` goes back to the number. */
function showStep(account: Account): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    const setUp = await readCodeSetUp(account, req, 'phone')
    const typed = { number: setUp?.number ?? '', method: setUp?.method ?? 'sms' }
    if (setUp && awaitsCode(setUp) && req.query['step'] !== 'number') showCode(req, res, next, setUp, null)
    else showNumber(account, req, res, next, typed, null)
  }
}
