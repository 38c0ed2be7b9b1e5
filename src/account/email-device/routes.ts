import { type Request, type RequestHandler, Router } from 'express'
import { isAccepted, policyOf } from '../../auth/policy.js'
import { requireFresh } from '../../auth/step-up/require-fresh.js'
import { parseForms } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import type { Account } from '../account.js'
import { awaitsCode, readCodeSetUp } from '../code-set-up/read-code-set-up.js'
import { postStep } from './post-step.js'
import { showAsk, showCode } from './show-add.js'

const ADD = '/account/two-factor/email/add'

/** Codes by email, where OTP_EMAIL offers them. */
export function emailDeviceRoutes(account: Account): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFresh(account)
  const offered: RequestHandler = (req, res, next) =>
    isOffered(account, req) ? next() : res.redirect(302, '/account/two-factor')
  router.get(ADD, fresh, offered, showStep(account))
  router.post(ADD, fresh, offered, ...parseForms(), postStep(account))
  return router
}

/** A group that is `strict` takes none, whatever the site does. */
function isOffered({ config }: Account, { user }: Request): boolean {
  return config.otpEmail && user !== undefined && isAccepted(policyOf(config, user), 'email')
}

function showStep(account: Account): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    const setUp = await readCodeSetUp(account, req, 'email')
    if (setUp && awaitsCode(setUp)) showCode(req, res, next, setUp, null)
    else showAsk(req, res, next, null)
  }
}
