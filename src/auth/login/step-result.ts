import type { NotAllowedReason, Verification } from '../../otp/device.js'
import { type FormRejection, rejectForm, rejectFormUntil } from '../../http/reject-form.js'
import type { Auth } from '../auth.js'
import { explainToken } from '../explain-token.js'

/** The result of a submitted step: the path to continue at, or a form with the reason of its rejection. */
export type StepResult = { ok: true; location: string } | RejectedStep

/** A rejected step, and which form is shown again. */
export type RejectedStep = { ok: false; step: 'password' | 'token' } & FormRejection

type Step = RejectedStep['step']

export function rejectStep(step: Step, code: string): RejectedStep {
  return { ok: false, step, ...rejectForm(code) }
}

export function rejectThrottled(step: Step, retryAfter: number): RejectedStep {
  return { ok: false, step, ...rejectForm('n_failed_attempts', retryAfter) }
}

export function rejectUntil(step: Step, code: string, until: Date, now: Date): RejectedStep {
  return { ok: false, step, ...rejectFormUntil(code, until, now) }
}

/** Rejects a step for the reason that a device returned. */
export function rejectToken(
  step: Step,
  rejection: NotAllowedReason | { reason: 'invalid_token' },
  now: Date,
): RejectedStep {
  if (rejection.reason === 'verification_not_allowed' && rejection.message !== undefined)
    return { ...rejectStep(step, rejection.reason), text: rejection.message }
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
  const text = explainToken(otp, verification, submitted)
  return text === undefined ? rejection : { ...rejection, text }
}
