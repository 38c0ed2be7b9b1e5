import { requiredKind, policyOf } from '../../auth/policy/policy.js'
import type { RequestUser } from '../../auth/request-user.js'
import type { ClientInfo } from '../../client-info.js'
import { removeDevice } from '../../otp/devices/remove-device.js'
import type { AccountServices } from '../account-services.js'

export type RemovalResult = { ok: true } | { ok: false; code: 'not_found' | 'policy' }

/** Removes one of the user's own devices, of any kind, if the policy allows it. */
export async function removeOwnDevice(
  account: AccountServices,
  user: RequestUser,
  deviceId: string,
  client: ClientInfo,
): Promise<RemovalResult> {
  const removed = await removeDevice(account.otp, {
    userId: user.id,
    deviceId,
    keepLast: requiredKind(policyOf(account.config, user)),
    client,
  })
  return removed.ok ? removed : { ok: false, code: removed.reason }
}
