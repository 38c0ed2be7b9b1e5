import type { Request, RequestHandler, Response } from 'express'
import type { SitePaths } from '../../http/paths/site-paths.js'
import { sendJsonError } from '../../http/pages/reject-request.js'
import { loginPath } from '../../http/paths/safe-next.js'
import { wantsJson } from '../../http/pages/wants-json.js'
import type { Auth } from '../auth.js'
import { policyOf } from './policy.js'
import type { RequestUser } from '../request-user.js'
import { wayBack } from '../session/way-back.js'

/** Paths at which devices of any kind are added: `…/phones/add`, `…/hardware-tokens/3/confirm`. */
const SET_UP = /^\/account\/two-factor\/(setup|qrcode|[a-z0-9-]+\/add|[a-z0-9-]+\/[^/]+\/confirm)(\/|$)/

type Own = Pick<SitePaths, 'owns'>

/**
 * Whether a path is part of setting up a device. It must be exactly one of the site's paths: a host
 * could decode one with the same beginning, `…/setup/..%2f..%2freport.html`, and serve another page.
 */
export const isSetupPath = (own: Own, path: string): boolean => SET_UP.test(path) && own.owns(path)

/** Other paths that an invited user can open: sign-in, sign-out, language, and links from emails. */
const OPEN_TO_INVITED = /^\/account\/(language|login|logout|verify|invitation|password\/forgot|password\/reset)(\/|$)/

const isOpenToInvited = (own: Own, path: string) => OPEN_TO_INVITED.test(path) && own.owns(path)

/**
 * Decides who can set up devices, by `OTP_ENROLMENT`. With `invite`, a password alone is not enough
 * to set up a first device. A session started by an invitation can open nothing but the setup,
 * and none of a host's paths. Users who have a device are still prompted for it by `requireFreshToken`.
 */
export function enrolmentGuard(auth: Auth, own: Own): RequestHandler {
  return (req, res, next) => {
    const { user, session, path } = req
    const settingUp = isSetupPath(own, path)
    const invited = session.invitedAt !== undefined
    if (settingUp && auth.config.otpEnrolment === 'invite' && user && !user.isVerified() && !invited)
      return res.redirect(302, loginPath(wayBack(auth, req)))
    if (invited && !settingUp && !isOpenToInvited(own, path) && !isHandledByPanel(req)) return redirectInvited(req, res)
    next()
  }
}

function redirectInvited(req: Request, res: Response): void {
  if (wantsJson(req)) return rejectWithEnrolmentRequired(req, res, setupPath(null))
  res.set('Cache-Control', 'no-store').redirect(302, setupPath(null))
}

/**
 * Responds to a program whose user has to set up a device first.
 *
 * @param enrolmentUrl undefined if the user cannot set one up without an administrator
 */
export function rejectWithEnrolmentRequired(req: Request, res: Response, enrolmentUrl: string | undefined): void {
  const code = 'enrolment_required'
  res.status(403)
  sendJsonError(req, res, { code, message: req.t(`errors:${code}`), ...(enrolmentUrl && { enrolmentUrl }) })
}

/** Whether the panel's own guard handles a request: it responds to every unverified one, and redirects to the setup, too. */
export function isHandledByPanel({ path, user }: Request): boolean {
  return !user?.isVerified() && /^\/admin(\/|$)/.test(path)
}

/** Returns what allows a session to set up a device: its verification, an invitation, or that it is the first device. */
export function enrolmentRight(
  { session }: Pick<Request, 'session'>,
  user: Pick<RequestUser, 'isVerified'>,
): { onlyAsFirst: boolean; invited: boolean } {
  return { onlyAsFirst: !user.isVerified(), invited: session.invitedAt !== undefined }
}

/**
 * Whether a user without a device is redirected to the setup after the password. The policies of
 * their groups are not read here: the next request enforces them (src/auth/guards/enforce-policy.ts).
 */
export function mustSetUpDevice({ config }: Auth, user: { isStaff: boolean }): boolean {
  const { demanded, graceDays } = policyOf(config, { ...user, groups: [] })
  return config.otpEnrolment === 'self' && (user.isStaff || (demanded && graceDays === 0))
}

/**
 * Returns the path of the setup wizard.
 *
 * @param next path to continue at afterwards
 */
export function setupPath(next: string | null): string {
  return next ? `/account/two-factor/setup?next=${encodeURIComponent(next)}` : '/account/two-factor/setup'
}
