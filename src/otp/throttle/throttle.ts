import type { NotAllowedReason } from '../device.js'
import type { Lane } from './failures.js'

/** The longest wait of a device. */
const CEILING_SECONDS = 3600

/** NIST SP 800-63B-4 §3.2.2: after this many consecutive failures a device is disabled until it is set up again. */
export const FAILURES_UNTIL_DISABLED = 100

/** A rejection because of a wait, with its end. */
export type Throttled = Extract<NotAllowedReason, { reason: 'n_failed_attempts' }>

const ACCOUNT_FAILURES = 10
const ACCOUNT_WINDOW_SECONDS = 15 * 60

export interface ThrottleState {
  failureCount: number
  failedAt: Date | null
}

/**
 * Calculates the wait after failures on one device: `factor × 2^(failures-1)` seconds since the
 * last counted one, at most an hour. A failure in the future is treated as one now. Pure.
 *
 * @param factor seconds; 0 disables the wait
 * @returns null if the device does not have to wait
 */
export function deviceThrottle(state: ThrottleState, factor: number, now: Date): Throttled | null {
  if (factor === 0 || state.failureCount === 0 || !state.failedAt) return null
  const seconds = Math.min(CEILING_SECONDS, factor * 2 ** (state.failureCount - 1))
  return rejectUntil(state.failedAt, seconds, state.failureCount, now)
}

/**
 * Calculates the lock of an account for one lane: after ten rejected codes on all its devices within
 * 15 minutes, until the first of them is 15 minutes old. One in the future is treated as one now. Pure.
 *
 * @param failedAt the times of the last rejected codes in this lane, oldest first
 * @returns null if the account is not locked
 */
export function accountThrottle(failedAt: readonly Date[], now: Date): Throttled | null {
  const tenth = failedAt.at(-ACCOUNT_FAILURES)
  if (!tenth) return null
  return rejectUntil(tenth, ACCOUNT_WINDOW_SECONDS, ACCOUNT_FAILURES, now)
}

/** Returns the times to store after one more rejected code. */
export function withFailure(failedAt: readonly Date[], now: Date): Date[] {
  return [...failedAt, now].slice(-ACCOUNT_FAILURES)
}

/** A rejected token: its time, and the lock it is counted for. `none`: it cannot be guessed, so it is counted for no lock. */
export interface FailedToken {
  at: Date
  lane: Lane | 'none'
}

/** Filters the times of one lane, oldest first. */
export function timesIn(failed: readonly FailedToken[], lane: FailedToken['lane']): Date[] {
  return failed.filter((each) => each.lane === lane).map(({ at }) => at)
}

/** Returns what to store after one more rejected token: the last ten of each lane, oldest first. */
export function withFailedToken(failed: readonly FailedToken[], { lane, at }: FailedToken): FailedToken[] {
  const same = withFailure(timesIn(failed, lane), at).map((time) => ({ lane, at: time }))
  const others = failed.filter((each) => each.lane !== lane)
  return [...others, ...same].toSorted((one, other) => one.at.getTime() - other.at.getTime())
}

function rejectUntil(since: Date, seconds: number, failureCount: number, now: Date): Throttled | null {
  const lockedUntil = new Date(Math.min(since.getTime(), now.getTime()) + seconds * 1000)
  return now < lockedUntil ? { reason: 'n_failed_attempts', failureCount, lockedUntil } : null
}
