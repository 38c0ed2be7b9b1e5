import { type Request, type RequestHandler, type Response, Router } from 'express'
import { policyOf } from '../../auth/policy.js'
import { beginning, exchangeSession } from '../../auth/session.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { alertFor } from '../../http/alert-for.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { parseForms, readForm } from '../../http/read-form.js'
import { refuse } from '../../http/refuse.js'
import { loginAddress } from '../../http/safe-next.js'
import { sendPage } from '../../http/send-page.js'
import type { Account } from '../account.js'
import { disableTwoFactor } from './disable-two-factor.js'
import { disableForm } from './forms.js'

const ADDRESS = '/account/two-factor/disable'

/** Switching two-factor authentication off: asked for, confirmed, and refused where the policy demands it (F-41). */
export function disableRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const guards = [requireFresh(account), hasDevice]
  router.get(ADDRESS, ...guards, (req, res) => showDisable(account, req, res, null))
  router.post(ADDRESS, ...guards, ...parseForms(), postDisable(account))
  return router
}

/** A fresh request that no device verified is of somebody who has none: there is nothing to switch off. */
const hasDevice: RequestHandler = (req, res, next) => {
  if (req.user?.isVerified()) next()
  else res.redirect(302, '/account/two-factor')
}

function postDisable(account: Account): RequestHandler {
  return async (req, res) => {
    const form = readForm(req, disableForm)
    if (!form || !req.user) return refuse(req, res, { status: 400, code: 'bad_request' })
    if (policyOf(account.config, req.user).demanded) return showDisable(account, req, res, 'policy')
    if (!form.confirm) return showDisable(account, req, res, 'confirmation_required')
    const { id } = req.user
    const { epoch, factors = [] } = req.session
    const authEpoch = await disableTwoFactor(account, { userId: id, epoch }, describeOrigin(req))
    const passed = factors.filter(({ device }) => device === null)
    const goesOn =
      authEpoch !== null && (await exchangeSession(req, beginning(req, { id, authEpoch }, passed, account.clock.now())))
    res.redirect(303, goesOn ? '/account/two-factor' : loginAddress(null))
  }
}

function showDisable(account: Account, req: Request, res: Response, code: string | null): void {
  if (code) res.status(422)
  sendPage(res, 'account/disable', {
    forbidden: req.user ? policyOf(account.config, req.user).demanded : true,
    alert: code && alertFor(req, code),
  })
}
