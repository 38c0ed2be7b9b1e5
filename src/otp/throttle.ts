import type { Refusal } from './device.js'

/** No device waits longer than this, so that a stranger cannot lock somebody out for days. */
const CEILING_SECONDS = 3600

/** NIST SP 800-63B-4 §3.2.2: after so many consecutive failures a device is off until it is enrolled again. */
export const FAILURES_UNTIL_OFF = 100

/** A wait, with its end. */
export type Throttled = Extract<Refusal, { reason: 'n_failed_attempts' }>

const ACCOUNT_FAILURES = 10
const ACCOUNT_WINDOW_SECONDS = 15 * 60

export interface ThrottleState {
  failureCount: number
  failedAt: Date | null
}

/**
 * The wait after failures on one device: `factor × 2^(failures-1)` seconds since the
 * last counted one, at most an hour.
 *
 * @param factor seconds; 0 switches the wait off
 */
export function deviceThrottle(state: ThrottleState, factor: number, now: Date): Throttled | null {
  if (factor === 0 || state.failureCount === 0 || !state.failedAt) return null
  const seconds = Math.min(CEILING_SECONDS, factor * 2 ** (state.failureCount - 1))
  return refuseUntil(new Date(state.failedAt.getTime() + seconds * 1000), state.failureCount, now)
}

/**
 * The lock of a whole account: ten refused tokens over all its devices within
 * 15 minutes, until the first of them is 15 minutes old.
 *
 * @param failedAt the times of the last refused tokens, oldest first
 */
export function accountThrottle(failedAt: readonly Date[], now: Date): Throttled | null {
  const tenth = failedAt.at(-ACCOUNT_FAILURES)
  if (!tenth) return null
  return refuseUntil(new Date(tenth.getTime() + ACCOUNT_WINDOW_SECONDS * 1000), ACCOUNT_FAILURES, now)
}

/** The times to keep after one more refused token. */
export function withFailure(failedAt: readonly Date[], now: Date): Date[] {
  return [...failedAt, now].slice(-ACCOUNT_FAILURES)
}

function refuseUntil(lockedUntil: Date, failureCount: number, now: Date): Throttled | null {
  return now < lockedUntil ? { reason: 'n_failed_attempts', failureCount, lockedUntil } : null
}
