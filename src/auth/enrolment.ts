import type { Request, RequestHandler, Response } from 'express'
import type { OwnAddresses } from '../http/own-addresses.js'
import { sendRefusal } from '../http/refuse.js'
import { loginAddress } from '../http/safe-next.js'
import { wantsJson } from '../http/wants-json.js'
import type { Auth } from './auth.js'
import { policyOf } from './policy.js'
import type { RequestUser } from './request-user.js'
import { wayBack } from './way-back.js'

/** Where devices are added, of whatever kind: `…/phones/add`, `…/hardware-tokens/3/confirm`. */
const SET_UP = /^\/account\/two-factor\/(setup|qrcode|[a-z0-9-]+\/add|[a-z0-9-]+\/[^/]+\/confirm)(\/|$)/

type Own = Pick<OwnAddresses, 'knows'>

/**
 * Whether an address is part of setting a device up. Exactly one of ours: a host decodes what
 * only begins like it, `…/setup/..%2f..%2freport.html`, and serves something else.
 */
export const isSetUp = (own: Own, path: string): boolean => SET_UP.test(path) && own.knows(path)

/** Where somebody who came by invitation may go besides: in, out, and to the links that came by mail. */
const DOORS = /^\/account\/(language|login|logout|verify|invitation|password\/forgot|password\/reset)(\/|$)/

const isDoor = (own: Own, path: string) => DOORS.test(path) && own.knows(path)

/**
 * Who may set devices up, by `OTP_ENROLMENT`. With `invite` a password alone does not open
 * the way to a first device, and a session that an invitation began goes nowhere but there,
 * to no address of a host's either.
 * Whoever has a device is asked for it by `requireFresh` all the same.
 */
export function enrolmentGate(auth: Auth, own: Own): RequestHandler {
  return (req, res, next) => {
    const { user, session, path } = req
    const settingUp = isSetUp(own, path)
    const invited = session.invitedAt !== undefined
    if (settingUp && auth.config.otpEnrolment === 'invite' && user && !user.isVerified() && !invited)
      return res.redirect(302, loginAddress(wayBack(auth, req)))
    if (invited && !settingUp && !isDoor(own, path) && !isPanels(req)) return leadInvited(req, res)
    next()
  }
}

function leadInvited(req: Request, res: Response): void {
  if (wantsJson(req)) return refuseProgram(req, res, setUpAddress(null))
  res.set('Cache-Control', 'no-store').redirect(302, setUpAddress(null))
}

/** @param enrolmentUrl undefined: nothing that this person could do himself */
export function refuseProgram(req: Request, res: Response, enrolmentUrl: string | undefined): void {
  const code = 'enrolment_required'
  res.status(403)
  sendRefusal(req, res, { code, message: req.t(`errors:${code}`), ...(enrolmentUrl && { enrolmentUrl }) })
}

/** The panel has its own answer to everybody who is not verified (CONTRACT.md §3): it leads to the set-up, too. */
export function isPanels({ path, user }: Request): boolean {
  return !user?.isVerified() && /^\/admin(\/|$)/.test(path)
}

/** By what right a session enrols a device: a token it was verified by, an invitation, or being the first one. */
export function enrolmentRight(
  { session }: Pick<Request, 'session'>,
  user: Pick<RequestUser, 'isVerified'>,
): { onlyAsFirst: boolean; invited: boolean } {
  return { onlyAsFirst: !user.isVerified(), invited: session.invitedAt !== undefined }
}

/**
 * Whether somebody without a device is led to set one up after the password. His groups are
 * not asked here: what they demand, the next request does (src/auth/enforce-policy.ts).
 */
export function isLedToSetUp({ config }: Auth, user: { isStaff: boolean }): boolean {
  const { demanded, graceDays } = policyOf(config, { ...user, groups: [] })
  return config.otpEnrolment === 'self' && (user.isStaff || (demanded && graceDays === 0))
}

/** The set-up wizard, with the way on. */
export function setUpAddress(next: string | null): string {
  return next ? `/account/two-factor/setup?next=${encodeURIComponent(next)}` : '/account/two-factor/setup'
}
