import type { NotAllowedReason } from '../device.js'
import { type Asker, stateFor, total } from './failures.js'
import type { LockedDevice } from '../sql/locked-device.js'
import { accountThrottle, deviceThrottle, FAILURES_UNTIL_DISABLED, timesIn } from './throttle.js'

/**
 * Checks whether a device can verify a token now. For codes that can be guessed, the account's lock
 * is checked first, then the device's wait, both in the requester's lane. For other tokens only the
 * requester's own failures matter, so that nobody else can prevent the owner from using the device.
 * While a device waits, even a correct token is rejected and not consumed, and a wrong one is
 * not counted.
 *
 * @returns null if it can, otherwise the reason with `lockedUntil`
 */
export function throttleStatus(
  { kind, owner, failures }: Pick<LockedDevice, 'kind' | 'owner' | 'failures'>,
  asker: Asker,
  throttleFactor: number,
  now: Date,
): NotAllowedReason | null {
  if (asker.counts === false) return null
  if (kind.unguessable) return deviceThrottle(stateFor(failures, asker, 'own'), throttleFactor, now)
  if (total(failures).failureCount >= FAILURES_UNTIL_DISABLED) return { reason: 'verification_not_allowed' }
  return (
    accountThrottle(timesIn(owner.failed, asker.lane), now) ??
    deviceThrottle(stateFor(failures, asker, 'lane'), throttleFactor, now)
  )
}
