import type { Request, RequestHandler, Response } from 'express'
import type { SitePaths } from '../../http/paths/site-paths.js'
import { safeNext } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import { wantsJson } from '../../http/pages/wants-json.js'
import type { Auth } from '../auth.js'
import { isHandledByPanel, isSetupPath, rejectWithEnrolmentRequired, setupPath } from '../policy/enrolment.js'
import { isSecondFactorKind, kindsOffered, policyOf } from '../policy/policy.js'
import type { SecondFactorDue } from '../policy/policy-status.js'
import { loadPolicyStatus } from '../policy/load-policy-status.js'
import type { RequestUser } from '../request-user.js'
import { requires } from './requires.js'
import { recordPolicyBlock } from './record-policy-block.js'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** The second factor that the policy still requires of this user. Null if none. Only `enforcePolicy` sets it. */
      secondFactorDue?: (SecondFactorDue & { maySetUp: boolean }) | null
    }
  }
}

/** Paths that stay open in addition to the setup: sign-in, sign-out, token step, invitation and language. */
const OPEN = /^\/account\/(language|login|logout|verify|invitation)(\/|$)/

/**
 * Enforces the policy. Users who must have a second factor but have none that the policy accepts
 * are redirected to the setup when their grace period is over. Users who have one but have not
 * verified it in this session are prompted for it. Anonymous requests pass: each route has its own guard.
 *
 * Mounted after `loadRequestUser` and before everything else, including a host's routes.
 * Sets `req.secondFactorDue` for the banner.
 *
 * @param own the site's paths: only exact ones stay open
 */
export function enforcePolicy(auth: Auth, own: Pick<SitePaths, 'owns'>): RequestHandler {
  return async (req, res, next) => {
    req.secondFactorDue = null
    const { user } = req
    if (!user) return next()
    const status = await loadPolicyStatus(auth, req, user)
    if ('due' in status) req.secondFactorDue = { ...status.due, maySetUp: maySetUp(auth, req, user) }
    if (isOpen(own, req)) return next()
    if (status.state === 'enrol') await recordPolicyBlock(auth, req, user.id)
    if (isHandledByPanel(req)) return next()
    switch (status.state) {
      case 'met':
      case 'due':
        return next()
      case 'verify':
        return requires(auth, status.requirement)(req, res, next)
      case 'enrol':
        return redirectToSetup(req, res, user)
    }
  }
}

function isOpen(own: Pick<SitePaths, 'owns'>, { path }: Request): boolean {
  return isSetupPath(own, path) || (OPEN.test(path) && own.owns(path))
}

function redirectToSetup(req: Request, res: Response, user: RequestUser): void {
  const next = ['GET', 'HEAD'].includes(req.method) ? safeNext(req.originalUrl) : null
  const enrolmentUrl = req.secondFactorDue?.maySetUp ? setupPath(next) : undefined
  res.set('Cache-Control', 'no-store')
  if (wantsJson(req)) return rejectWithEnrolmentRequired(req, res, enrolmentUrl)
  if (enrolmentUrl) return res.redirect(302, enrolmentUrl)
  // The user cannot set up a device without an administrator. The page explains that, so no banner is needed.
  req.secondFactorDue = null
  res.status(403)
  const alert = { code: 'enrolment_required', text: req.t('errors:enrolment_required') }
  sendPage(res, 'auth/no-device', { alert, email: user.email, next: next ?? '' })
}

/**
 * Whether the user can set up an accepted device now. With `OTP_ENROLMENT=invite` the first device needs an
 * invitation, and the policy may accept no kind that this site offers.
 */
function maySetUp({ config, otp }: Auth, { session }: Request, user: RequestUser): boolean {
  const policy = policyOf(config, user)
  const isOffered = kindsOffered(otp).some((kind) => isSecondFactorKind(policy, kind))
  return isOffered && (config.otpEnrolment === 'self' || user.isVerified() || session.invitedAt !== undefined)
}
