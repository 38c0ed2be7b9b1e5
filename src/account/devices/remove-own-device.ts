import { keepLast, policyOf } from '../../auth/policy.js'
import type { RequestUser } from '../../auth/request-user.js'
import type { Origin } from '../../origin.js'
import { removeDevice } from '../../otp/remove-device.js'
import type { Account } from '../account.js'

export type Removal = { ok: true } | { ok: false; code: 'not_found' | 'policy' }

/** Removes one of the user's own devices, of whatever kind, as far as the policy allows it. */
export async function removeOwnDevice(
  account: Account,
  user: RequestUser,
  deviceId: string,
  origin: Origin,
): Promise<Removal> {
  const removed = await removeDevice(account.otp, {
    userId: user.id,
    deviceId,
    keepLast: keepLast(policyOf(account.config, user)),
    origin,
  })
  return removed.ok ? removed : { ok: false, code: removed.reason }
}
