import type { Request, Response } from 'express'
import { sendJsonError } from '../../http/pages/reject-request.js'
import { addNext, safeNext } from '../../http/paths/safe-next.js'
import { describeUnmet } from '../describe-kinds.js'
import type { GuardOptions } from './guard-options.js'
import type { NextStep } from '../next-step.js'
import type { MissingToken } from '../policy/requirement.js'
import { stepUpPath } from '../step-up-path.js'

/**
 * Responds to a program with what is missing: `error.code`, `error.message` and the URL of the
 * next step. The request is not saved: the program has to send it again.
 */
export function respondWithJson(req: Request, res: Response, step: NextStep, options: GuardOptions): void {
  const back = safeNext(req.originalUrl)
  switch (step.step) {
    case 'sign_in': {
      const loginUrl = addNext(options.loginUrl ?? '/account/login', back, options.redirectFieldName)
      return sendJson(req, res, 401, 'not_authenticated', { loginUrl })
    }
    case 'first_device':
    case 'token': {
      const first = step.step === 'first_device' ? options.verificationUrl : undefined
      const verificationUrl = first ? addNext(first, back, options.redirectFieldName) : stepUpPath(back, null)
      return sendJson(req, res, 403, 'not_verified', { verificationUrl })
    }
    case 'step_up': {
      const verificationUrl = stepUpPath(back, step.missing.kinds)
      return sendJson(req, res, 403, 'step_up_required', { missing: step.missing, verificationUrl })
    }
    case 'none':
      return respondUnmet(req, res, step.missing, step.hasDevice)
  }
}

/** Responds with 403 because none of the user's devices can meet the requirement. */
export function respondUnmet(req: Request, res: Response, missing: MissingToken, hasDevice: boolean): void {
  const message = [req.t('errors:requirement_unmet'), ...describeUnmet(req, missing, hasDevice)].join(' ')
  const addUrl = hasDevice ? '/account/two-factor' : undefined
  res.status(403)
  sendJsonError(req, res, { code: 'requirement_unmet', message, missing, addUrl })
}

function sendJson(req: Request, res: Response, status: number, code: string, more: object): void {
  res.status(status)
  sendJsonError(req, res, { code, message: req.t(`errors:${code}`), ...more })
}
