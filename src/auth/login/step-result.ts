import type { NotAllowedReason, Verification } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { explainToken } from '../explain-token.js'

/** The result of a submitted step: the path to continue at, or a form with the reason of its rejection. */
export type StepResult = { ok: true; location: string } | RejectedStep

export type RejectedStep = { ok: false } & FormRejection

export interface FormRejection {
  /** The error code, a key of `errors:`. */
  code: string
  status: 422 | 429
  /** Seconds to wait, if waiting helps. */
  retryAfter?: number
  /** The form that is shown again. */
  step: 'password' | 'token'
  /** The key of a more specific text than the code's own. */
  reason?: string
}

export function rejectStep(step: FormRejection['step'], code: string): RejectedStep {
  return { ok: false, status: 422, code, step }
}

export function rejectThrottled(step: FormRejection['step'], retryAfter: number): RejectedStep {
  return { ok: false, status: 429, code: 'n_failed_attempts', retryAfter, step }
}

/** Rejects a step until a time. The seconds are rounded up, so that they are never too short. */
export function rejectUntil(step: FormRejection['step'], code: string, until: Date, now: Date): RejectedStep {
  const retryAfter = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000))
  return { ok: false, status: 429, code, retryAfter, step }
}

/** Rejects a step for the reason that a device returned. */
export function rejectToken(
  step: FormRejection['step'],
  rejection: NotAllowedReason | { reason: 'invalid_token' },
  now: Date,
): RejectedStep {
  if (rejection.reason === 'verification_not_allowed' && rejection.message !== undefined)
    return { ...rejectStep(step, rejection.reason), reason: rejection.message }
  if (rejection.reason !== 'n_failed_attempts') return rejectStep(step, rejection.reason)
  return rejectUntil(step, 'n_failed_attempts', rejection.lockedUntil, now)
}

/** Adds the text that explains what was wrong with a token, if there is one. */
export function explained(
  { otp }: Pick<Auth, 'otp'>,
  rejection: RejectedStep,
  verification: Exclude<Verification, { ok: true }>,
  submitted: Parameters<typeof explainToken>[2],
): RejectedStep {
  const reason = explainToken(otp, verification, submitted)
  return reason === undefined ? rejection : { ...rejection, reason }
}
