import { kindContext } from './verify-locked-device.js'
import type { NotAllowedReason } from '../device.js'
import { type ChallengeNotAllowedReason, checkChallengeAllowed } from '../challenges/generate-challenge.js'
import { anyone, type Asker } from '../throttle/failures.js'
import type { Kind } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'
import { parsePersistentId } from '../devices/persistent-id.js'
import { lockDevices } from '../sql/lock-devices.js'
import { throttleStatus } from '../throttle/throttle-status.js'

/** One confirmed device of one user. */
export interface DeviceReference {
  userId: number
  /** A persistent ID as submitted, for example `totp/3`. */
  deviceId: string
  /** The requester. Default: someone whose password was correct. */
  asker?: Asker
}

/** Whether a device can verify a token or send a code. If not, the reason. */
export type Allowance<Why> = { allowed: true } | ({ allowed: false } & Why)

/**
 * Whether a device can verify a token now. `verifyToken` checks this itself; use it for pages that
 * show the wait in advance. Counts nothing.
 *
 * @param otp `site.otp`
 * @param device the owner, the device and the requester
 * @returns if not allowed: `n_failed_attempts` with `failureCount` and `lockedUntil`, or
 *   `verification_not_allowed` for anything that is not an active device of this user
 * @example
 * const allowance = await verifyIsAllowed(site.otp, { userId: 1, deviceId: 'totp/3' })
 * if (!allowance.allowed && allowance.reason === 'n_failed_attempts') showWait(allowance.lockedUntil)
 */
export async function verifyIsAllowed(otp: Otp, device: DeviceReference): Promise<Allowance<NotAllowedReason>> {
  const kind = kindOf(otp, device)
  const rejection = await otp.database.sequelize.transaction(async (transaction): Promise<NotAllowedReason | null> => {
    const [locked] = kind
      ? await lockDevices(otp, transaction, selectorFor(kind, device), '', kindContext(otp, null))
      : []
    if (!locked) return { reason: 'verification_not_allowed' }
    return throttleStatus(locked, device.asker ?? anyone, otp.settings.throttleFactor, otp.clock.now())
  })
  return rejection ? { allowed: false, ...rejection } : { allowed: true }
}

/**
 * Whether a device can send a challenge now. `generateChallenge` checks this itself; use it for
 * pages that show the wait in advance. Sends and counts nothing.
 *
 * @param otp `site.otp`
 * @param device the owner, the device and the requester
 * @returns if not allowed: `not_interactive`, `cooldown_pending` with `nextAt`, or `n_failed_attempts`
 *   with `lockedUntil` while the account is locked
 * @example const allowance = await generateIsAllowed(site.otp, { userId: 1, deviceId: 'phone/2' })
 */
export async function generateIsAllowed(
  otp: Otp,
  device: DeviceReference,
): Promise<Allowance<ChallengeNotAllowedReason | { reason: 'not_interactive' }>> {
  const kind = kindOf(otp, device)
  if (!kind?.challenge) return { allowed: false, reason: 'not_interactive' }
  return otp.database.sequelize.transaction(async (transaction) => {
    const [locked] = await lockDevices(otp, transaction, selectorFor(kind, device), '', kindContext(otp, null))
    if (!locked) return { allowed: false, reason: 'not_interactive' }
    const rejection = await checkChallengeAllowed(otp, transaction, locked, device.asker)
    return rejection ? { allowed: false, ...rejection } : { allowed: true }
  })
}

function kindOf({ kinds }: Otp, { deviceId }: DeviceReference): Kind | undefined {
  const named = parsePersistentId(deviceId)
  return kinds.find(({ name }) => name === named?.kind)
}

const selectorFor = (kind: Kind, { userId, deviceId }: DeviceReference) => ({
  kind,
  userId,
  deviceId: parsePersistentId(deviceId)?.id ?? 0,
  confirmed: true,
})
