import type { Request, RequestHandler, Response } from 'express'
import { rejectRequest } from '../../http/pages/reject-request.js'
import { addNext } from '../../http/paths/safe-next.js'
import { sendPage } from '../../http/pages/send-page.js'
import type { Auth } from '../auth.js'
import { describeUnmet } from '../describe-kinds.js'
import { setupPath } from '../policy/enrolment.js'
import type { GuardOptions } from './guard-options.js'
import type { NextStep } from '../next-step.js'
import type { MissingToken } from '../policy/requirement.js'
import { savePendingForm } from '../session/save-pending-form.js'
import { wayBack } from '../session/way-back.js'

/**
 * Redirects to the step that is missing, from which the user returns to this path, or shows a
 * page if there is no such step. A user is never redirected in a loop.
 */
export function respondWithPage(auth: Auth, options: GuardOptions): (step: NextStep) => RequestHandler {
  const stepUp = savePendingForm(auth)
  return (step) => {
    switch (step.step) {
      case 'sign_in':
        return options.raiseAnonymous ? rejectAnonymous : redirectTo(auth, options.loginUrl ?? LOGIN, options)
      case 'token':
        return redirectTo(auth, options.loginUrl ?? LOGIN, options)
      case 'first_device':
        return answerWithoutDevice(auth, options)
      case 'step_up':
        return stepUp(step.missing.kinds)
      case 'none':
        return (req, res) => showUnmetPage(req, res, step.missing, step.hasDevice)
    }
  }
}

const LOGIN = '/account/login'

const rejectAnonymous: RequestHandler = (req, res) =>
  rejectRequest(req, res, { status: 403, code: 'not_authenticated' })

function redirectTo(auth: Auth, address: string, { redirectFieldName }: GuardOptions): RequestHandler {
  return (req, res) => {
    res.set('Cache-Control', 'no-store')
    res.redirect(302, addNext(address, wayBack(auth, req), redirectFieldName))
  }
}

function answerWithoutDevice(auth: Auth, options: GuardOptions): RequestHandler {
  if (options.raiseUnverified) return (req, res) => rejectRequest(req, res, { status: 403, code: 'not_verified' })
  if (options.verificationUrl !== undefined) return redirectTo(auth, options.verificationUrl, options)
  return (req, res) => {
    const setUp = auth.config.otpEnrolment === 'self' ? setupPath(wayBack(auth, req)) : null
    res.status(403)
    sendPage(res, 'auth/otp-required', { setUp })
  }
}

/** Shows a page with what is needed to meet the requirement, and how to get it. */
export function showUnmetPage(req: Request, res: Response, missing: MissingToken, hasDevice: boolean): void {
  res.status(403)
  sendPage(res, 'auth/requirement-unmet', { sentences: describeUnmet(req, missing, hasDevice), hasDevice })
}
