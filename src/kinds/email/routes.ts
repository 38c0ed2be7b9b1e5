import { type Request, type RequestHandler, Router } from 'express'
import { isKindAllowed, policyOf } from '../../auth/policy/policy.js'
import { requireFreshToken } from '../../auth/step-up/require-fresh-token.js'
import { parseForms } from '../../http/forms/read-form.js'
import { safeNext } from '../../http/paths/safe-next.js'
import type { AccountServices } from '../../account/account-services.js'
import { EMAIL_SETUP_PATH } from './setup.js'
import { awaitsCode, readCodeSetup } from '../delivered-code/setup.js'
import { submitEmailStep } from './submit-step.js'
import { showEmailIntro, showEmailCodeForm } from './show-step.js'

/** Creates the routes of `/account/two-factor/email/add`, on which a user sets up codes by email. */
export function emailRoutes(account: AccountServices): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const fresh = requireFreshToken(account)
  const offered: RequestHandler = (req, res, next) =>
    isOffered(account, req) ? next() : res.redirect(302, '/account/two-factor')
  router.get(EMAIL_SETUP_PATH, fresh, offered, showStep(account))
  router.post(EMAIL_SETUP_PATH, fresh, offered, ...parseForms(), submitEmailStep(account))
  return router
}

/** Whether the site offers email and the user's policy accepts it. The policy `strict` does not. */
function isOffered({ config }: AccountServices, { user }: Request): boolean {
  return config.otpEmail && user !== undefined && isKindAllowed(policyOf(config, user), 'email')
}

function showStep(account: AccountServices): RequestHandler {
  return async (req, res) => {
    const next = safeNext(req.query['next'])
    const setup = await readCodeSetup(account, req, 'email')
    if (setup && awaitsCode(setup)) showEmailCodeForm(req, res, next, setup, null)
    else showEmailIntro(req, res, next, null)
  }
}
