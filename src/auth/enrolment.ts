import type { RequestHandler } from 'express'
import type { OwnAddresses } from '../http/own-addresses.js'
import { loginAddress, safeNext } from '../http/safe-next.js'
import type { Auth } from './auth.js'
import { policyOf } from './policy.js'

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

/**
 * Who may set devices up, by `OTP_ENROLMENT`. With `invite` a password alone does not open
 * the way to a first device, and a session that an invitation began goes nowhere but there.
 * Whoever has a device is asked for it by `requireFresh` all the same.
 */
export function enrolmentGate(auth: Auth, own: Own): RequestHandler {
  return (req, res, next) => {
    const { user, session, path } = req
    const settingUp = isSetUp(own, path)
    const invited = session.invitedAt !== undefined
    if (settingUp && auth.config.otpEnrolment === 'invite' && user && !user.isVerified() && !invited)
      return res.redirect(302, loginAddress(safeNext(req.originalUrl)))
    if (invited && path.startsWith('/account/') && !settingUp && !DOORS.test(path))
      return res.redirect(302, setUpAddress(null))
    next()
  }
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
