import type { Request, RequestHandler, Response } from 'express'
import type { OwnAddresses } from '../http/own-addresses.js'
import { safeNext } from '../http/safe-next.js'
import { sendPage } from '../http/send-page.js'
import { wantsJson } from '../http/wants-json.js'
import type { Auth } from './auth.js'
import { isPanels, isSetUp, refuseProgram, setUpAddress } from './enrolment.js'
import { counts, kindsOffered, policyOf } from './policy.js'
import type { SecondFactorDue } from './policy-standing.js'
import { readPolicyStanding } from './read-policy-standing.js'
import type { RequestUser } from './request-user.js'
import { requires } from './requires.js'
import { tellBlocked } from './tell-blocked.js'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** The second factor that this person still owes; null: none. Written by `enforcePolicy` alone. */
      secondFactorDue?: (SecondFactorDue & { maySetUp: boolean }) | null
    }
  }
}

/** What stays open to everybody beside the set-up: in, out, the token step, and the language of it all. */
const OPEN = /^\/account\/(language|login|logout|verify|invitation)(\/|$)/

/**
 * Keeps to the set-up whoever must have a second factor and has none that counts, once the
 * grace is over; whoever has one and has not shown it is asked for it. People who are
 * not signed in pass: what they may see, each address says itself.
 *
 * Mounted behind `loadRequestUser` and in front of everything else, a host's routes included.
 * Sets `req.secondFactorDue` for the banner.
 *
 * @param own what is open are exact addresses of ours alone
 */
export function enforcePolicy(auth: Auth, own: Pick<OwnAddresses, 'knows'>): RequestHandler {
  return async (req, res, next) => {
    req.secondFactorDue = null
    const { user } = req
    if (!user) return next()
    const standing = await readPolicyStanding(auth, req, user)
    if ('due' in standing) req.secondFactorDue = { ...standing.due, maySetUp: maySetUp(auth, req, user) }
    if (isOpen(own, req)) return next()
    if (standing.state === 'enrol') await tellBlocked(auth, req, user.id)
    if (isPanels(req)) return next()
    switch (standing.state) {
      case 'met':
      case 'due':
        return next()
      case 'verify':
        return requires(auth, standing.requirement)(req, res, next)
      case 'enrol':
        return leadToSetUp(req, res, user)
    }
  }
}

function isOpen(own: Pick<OwnAddresses, 'knows'>, { path }: Request): boolean {
  return isSetUp(own, path) || (OPEN.test(path) && own.knows(path))
}

function leadToSetUp(req: Request, res: Response, user: RequestUser): void {
  const next = ['GET', 'HEAD'].includes(req.method) ? safeNext(req.originalUrl) : null
  const enrolmentUrl = req.secondFactorDue?.maySetUp ? setUpAddress(next) : undefined
  res.set('Cache-Control', 'no-store')
  if (wantsJson(req)) return refuseProgram(req, res, enrolmentUrl)
  if (enrolmentUrl) return res.redirect(302, enrolmentUrl)
  // Nothing that he could do himself: the page says who can help, and the banner has nothing to add.
  req.secondFactorDue = null
  res.status(403)
  const alert = { code: 'enrolment_required', text: req.t('errors:enrolment_required') }
  sendPage(res, 'auth/no-device', { alert, email: user.email, next: next ?? '' })
}

/** Where people are invited nobody sets up a first device by himself, and no kind that counts may be on offer here at all. */
function maySetUp({ config, otp }: Auth, { session }: Request, user: RequestUser): boolean {
  const policy = policyOf(config, user)
  const isOffered = kindsOffered(otp).some((kind) => counts(policy, kind))
  return isOffered && (config.otpEnrolment === 'self' || user.isVerified() || session.invitedAt !== undefined)
}
