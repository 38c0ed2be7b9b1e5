import { type Request, type RequestHandler, Router } from 'express'
import { isKindAllowed, policyOf } from '../../auth/policy.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { parseForms } from '../../http/read-form.js'
import { safeNext } from '../../http/safe-next.js'
import type { AccountServices } from '../../account/account-services.js'
import { awaitsCode, readCodeSetup } from '../delivered-code/setup.js'
import { submitEmailStep } from './submit-step.js'
import { showEmailIntro, showEmailCodeForm } from './show-step.js'

const ADD = '/account/two-factor/email/add'

/** Codes by email, where OTP_EMAIL offers them. */
export function emailRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  const offered: RequestHandler = (req, res, next) =>
    isOffered(account, req) ? next() : res.redirect(302, '/account/two-factor')
  router.get(ADD, fresh, offered, showStep(account))
  router.post(ADD, fresh, offered, ...parseForms(), submitEmailStep(account))
  return router
}

/** A group that is `strict` takes none, whatever the site does. */
function isOffered({ config }: AccountServices, { user }: Request): boolean {
  return config.otpEmail && user !== undefined && isKindAllowed(policyOf(config, user), 'email')
}

function showStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    const setUp = await readCodeSetup(account, req, 'email')
    if (setUp && awaitsCode(setUp)) showEmailCodeForm(req, res, next, setUp, null)
    else showEmailIntro(req, res, next, null)
  }
}
