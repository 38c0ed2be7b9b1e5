import { notAfter } from '../../clock.js'
import type { Device } from '../../otp/device.js'
import { type AuthState, type Factor, isDeviceFactor, isVerifiedInSession } from '../auth-state.js'
import { besides, isSecondFactorKind, type Policy, findSecondFactor } from './policy.js'
import type { Requirement } from './requirement.js'

/** A second factor that the policy still requires of a user. */
export interface SecondFactorDue {
  /** End of the grace period. Afterwards every path redirects to the setup. */
  until: Date
  /** Days until then, rounded up. 0: the grace period is over. */
  daysLeft: number
  /** Kinds of device of which one is required. Null: any that is a second factor on this site. */
  kinds: readonly string[] | null
}

/**
 * Whether a user meets their policy.
 *
 * - `met`: the policy requires nothing, or this session is verified with an accepted device
 * - `due`: a second factor is missing, and the user can continue for now
 * - `verify`: the user has an accepted device that this session is not verified with
 * - `enrol`: the user has no accepted device, and the grace period is over
 */
export type PolicyStatus =
  | { state: 'met' }
  | { state: 'due'; due: SecondFactorDue }
  | { state: 'verify'; requirement: Requirement }
  | { state: 'enrol'; due: SecondFactorDue }

/** The facts about a user: their session, their devices, and since when the policy has applied to them. */
export interface PolicyInput {
  state: Pick<AuthState, 'level' | 'factors'>
  devices: readonly Pick<Device, 'kind' | 'confirmed'>[]
  /**
   * Whether the session is not verified although the user has a second factor. A disabled device is one,
   * and so is one of a kind not in use.
   */
  hasFactor: boolean
  since: Date
}

const DAY_MS = 24 * 3600 * 1000

/**
 * Evaluates a user's policy. Pure. The end of the grace period is calculated each time, so a
 * shorter one applies immediately.
 */
export function policyStatus(
  policy: Policy,
  { state, devices, hasFactor, since }: PolicyInput,
  now: Date,
): PolicyStatus {
  if (!policy.demanded || isSatisfied(policy, state.factors)) return { state: 'met' }
  if (findSecondFactor(policy, devices)) return standingWithDevice(policy, state, devices)
  // If there is a second factor, a password alone gives no grace period and does not open the setup.
  if (hasFactor) return { state: 'verify', requirement: { level: 'verified' } }
  const due = dueOf(policy, since, now)
  if (due.daysLeft > 0 || isEnoughForNow(policy, state)) return { state: 'due', due }
  return { state: 'enrol', due }
}

/** Whether this session is verified with a device that the policy accepts. */
export function isSatisfied(policy: Policy, factors: readonly Factor[]): boolean {
  return factors.some((factor) => isSecondFactorKind(policy, factor.kind) && isSecondFactor(policy, factor))
}

/** A trusted browser is not an authenticator (NIST SP 800-63B-4 §5), so `strict` does not accept it. */
function isSecondFactor({ demand }: Policy, factor: Factor): boolean {
  return demand === 'strict' ? isVerifiedInSession(factor) : isDeviceFactor(factor)
}

/** Users with an accepted device can also use a backup token, and a phone if no group limits the kinds. */
function standingWithDevice(
  policy: Policy,
  state: PolicyInput['state'],
  devices: PolicyInput['devices'],
): PolicyStatus {
  const asGood = besides(policy)
  if (state.factors.some((factor) => asGood.includes(factor.kind) && isSecondFactor(policy, factor)))
    return { state: 'met' }
  const own = devices.filter(({ confirmed }) => confirmed).map(({ kind }) => kind)
  const kinds = [...new Set(own.filter((kind) => isSecondFactorKind(policy, kind) || asGood.includes(kind)))]
  return { state: 'verify', requirement: { kinds, trustedBrowser: policy.demand !== 'strict' } }
}

/**
 * A sign-in with password and backup token uses two factors. It is enough if the policy is not
 * stricter, for as long as tokens are left.
 */
function isEnoughForNow({ demand, kinds }: Policy, { level }: PolicyInput['state']): boolean {
  return level === 'verified' && demand !== 'strict' && kinds === null
}

function dueOf({ graceDays, kinds }: Policy, since: Date, now: Date): SecondFactorDue {
  const until = new Date(notAfter(since, now).getTime() + graceDays * DAY_MS)
  const daysLeft = Math.max(0, Math.ceil((until.getTime() - now.getTime()) / DAY_MS))
  return { until, daysLeft, kinds }
}
