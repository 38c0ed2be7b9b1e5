import type { Refusal, Verification } from '../../otp/device.js'
import type { Auth } from '../auth.js'
import { explainToken } from '../explain-token.js'

/** What one posted step came to: a way on, or a form with a reason. */
export type Answer = { ok: true; location: string } | Refused

export type Refused = { ok: false } & StepRefusal

export interface StepRefusal {
  /** Of CONTRACT.md §3. */
  code: string
  status: 422 | 429
  /** Seconds, where waiting helps. */
  retryAfter?: number
  /** Which form comes again. */
  step: 'password' | 'token'
  /** The key of a text that says more. */
  reason?: string
}

export function refused(step: StepRefusal['step'], code: string): Refused {
  return { ok: false, status: 422, code, step }
}

export function throttled(step: StepRefusal['step'], retryAfter: number): Refused {
  return { ok: false, status: 429, code: 'n_failed_attempts', retryAfter, step }
}

/** Refused until then; a wait is never told as shorter than it is. */
export function waiting(step: StepRefusal['step'], code: string, until: Date, now: Date): Refused {
  const retryAfter = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000))
  return { ok: false, status: 429, code, retryAfter, step }
}

/** A device's refusal as the form's. */
export function tokenRefused(
  step: StepRefusal['step'],
  refusal: Refusal | { reason: 'invalid_token' },
  now: Date,
): Refused {
  if (refusal.reason === 'verification_not_allowed' && refusal.message !== undefined)
    return { ...refused(step, refusal.reason), reason: refusal.message }
  if (refusal.reason !== 'n_failed_attempts') return refused(step, refusal.reason)
  return waiting(step, 'n_failed_attempts', refusal.lockedUntil, now)
}

/** The same with the text that explains what was wrong, where there is one. */
export function explained(
  { otp }: Pick<Auth, 'otp'>,
  refusal: Refused,
  verification: Exclude<Verification, { ok: true }>,
  submitted: Parameters<typeof explainToken>[2],
): Refused {
  const reason = explainToken(otp, verification, submitted)
  return reason === undefined ? refusal : { ...refusal, reason }
}
