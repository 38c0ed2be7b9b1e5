import type { Refusal } from './device.js'
import type { Lane } from './failures.js'

/** No device waits longer than this. */
const CEILING_SECONDS = 3600

/** NIST SP 800-63B-4 §3.2.2: after this many consecutive failures a device is disabled until it is enrolled again. */
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
 * last counted one, at most an hour. A failure in the future counts as one now.
 *
 * @param factor seconds; 0 disables the wait
 */
export function deviceThrottle(state: ThrottleState, factor: number, now: Date): Throttled | null {
  if (factor === 0 || state.failureCount === 0 || !state.failedAt) return null
  const seconds = Math.min(CEILING_SECONDS, factor * 2 ** (state.failureCount - 1))
  return refuseUntil(state.failedAt, seconds, state.failureCount, now)
}

/**
 * The lock of an account for one lane: ten rejected codes over all its devices within
 * 15 minutes, until the first of them is 15 minutes old. One in the future counts as one now.
 *
 * @param failedAt the times of the last rejected codes in this lane, oldest first
 */
export function accountThrottle(failedAt: readonly Date[], now: Date): Throttled | null {
  const tenth = failedAt.at(-ACCOUNT_FAILURES)
  if (!tenth) return null
  return refuseUntil(tenth, ACCOUNT_WINDOW_SECONDS, ACCOUNT_FAILURES, now)
}

/** The times to store after one more rejected code. */
export function withFailure(failedAt: readonly Date[], now: Date): Date[] {
  return [...failedAt, now].slice(-ACCOUNT_FAILURES)
}

/** A rejected token: when, and which lock it counts for. `none`: nobody could have guessed it, so it counts for none. */
export interface FailedToken {
  at: Date
  lane: Lane | 'none'
}

/** The times of one lane, oldest first. */
export function timesIn(failed: readonly FailedToken[], lane: FailedToken['lane']): Date[] {
  return failed.filter((each) => each.lane === lane).map(({ at }) => at)
}

/** What to store after one more rejected token: the last ten of each lane, oldest first. */
export function withFailedToken(failed: readonly FailedToken[], { lane, at }: FailedToken): FailedToken[] {
  const same = withFailure(timesIn(failed, lane), at).map((time) => ({ lane, at: time }))
  const others = failed.filter((each) => each.lane !== lane)
  return [...others, ...same].toSorted((one, other) => one.at.getTime() - other.at.getTime())
}

function refuseUntil(since: Date, seconds: number, failureCount: number, now: Date): Throttled | null {
  const lockedUntil = new Date(Math.min(since.getTime(), now.getTime()) + seconds * 1000)
  return now < lockedUntil ? { reason: 'n_failed_attempts', failureCount, lockedUntil } : null
}
