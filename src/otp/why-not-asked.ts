import type { Refusal } from './device.js'
import type { LockedDevice } from './sql/lock-devices.js'
import { accountThrottle, deviceThrottle } from './throttle.js'

/**
 * Whether a device may be asked now: the account's lock first, then the device's own wait.
 * While it may not, even a right token is refused and not used up, and a wrong one is not counted.
 *
 * @returns null where it may, else the reason with `lockedUntil`
 */
export function whyNotAsked(
  state: Pick<LockedDevice, 'tokenFailedAt'> & { row: Pick<LockedDevice['row'], 'failure_count' | 'failed_at'> },
  throttleFactor: number,
  now: Date,
): Refusal | null {
  const { failure_count: failureCount, failed_at: failedAt } = state.row
  return accountThrottle(state.tokenFailedAt, now) ?? deviceThrottle({ failureCount, failedAt }, throttleFactor, now)
}
