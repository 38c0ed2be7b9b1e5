import { lanes } from '../throttle/failures.js'
import type { FailedToken } from '../throttle/throttle.js'

/**
 * `users.token_failed_at` with `users.token_failed_lanes`, which are of one length. A time
 * without a lane is of a sign-in.
 */
export function toFailedTokens(times: readonly Date[], names: readonly string[]): FailedToken[] {
  return times.map((at, index) => ({ at, lane: laneOf(names[index]) }))
}

function laneOf(name: string | undefined): FailedToken['lane'] {
  return name === 'none' ? name : (lanes.find((lane) => lane === name) ?? 'sign_in')
}

/** The same for the columns. */
export function toColumns(failed: readonly FailedToken[]): { failedAt: Date[]; failedLanes: string[] } {
  return { failedAt: failed.map(({ at }) => at), failedLanes: failed.map(({ lane }) => lane) }
}
