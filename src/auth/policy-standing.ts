import { notAfter } from '../clock.js'
import type { Device } from '../otp/device.js'
import { type AuthState, type Factor, isDevice, isGiven } from './auth-state.js'
import { besides, counts, type Policy, secondFactorOf } from './policy.js'
import type { Requirement } from './requirement.js'

/** A second factor that somebody still owes his policy. */
export interface SecondFactorDue {
  /** From then on every address leads to the set-up. */
  until: Date
  /** Begun days until then; 0: now. */
  daysLeft: number
  /** Kinds of device of which one is wanted; null: any that counts on this site. */
  kinds: readonly string[] | null
}

/**
 * Where somebody stands with his policy.
 *
 * - `met`: nothing is demanded, or this session has shown it
 * - `due`: a second factor is missing, and he may go on all the same for now
 * - `verify`: he has one that counts, and this session has not shown it
 * - `enrol`: he has none that counts, and the grace is over
 */
export type PolicyStanding =
  | { state: 'met' }
  | { state: 'due'; due: SecondFactorDue }
  | { state: 'verify'; requirement: Requirement }
  | { state: 'enrol'; due: SecondFactorDue }

/** What is known of somebody: his session, his confirmed devices, and since when the policy has ruled him. */
export interface Ruled {
  state: Pick<AuthState, 'level' | 'factors'>
  devices: readonly Pick<Device, 'kind' | 'confirmed'>[]
  /** Nobody has verified the session, and he has a second factor: a disabled device is one, and so is one of a kind not in use. */
  hasFactor: boolean
  since: Date
}

const DAY_MS = 24 * 3600 * 1000

/**
 * Holds somebody against the policy that rules him. Pure. The end of the grace is worked out
 * each time from the days of now, so one that was shortened applies at once.
 */
export function standingOf(policy: Policy, { state, devices, hasFactor, since }: Ruled, now: Date): PolicyStanding {
  if (!policy.demanded || isShown(policy, state.factors)) return { state: 'met' }
  if (secondFactorOf(policy, devices)) return standingWithDevice(policy, state, devices)
  // Neither days of grace nor the way to the setup are open to a password alone where there is a second factor.
  if (hasFactor) return { state: 'verify', requirement: { level: 'verified' } }
  const due = dueOf(policy, since, now)
  if (due.daysLeft > 0 || isEnoughForNow(policy, state)) return { state: 'due', due }
  return { state: 'enrol', due }
}

/** Whether a device that counts has verified this session: then nothing else has to be asked. */
export function isShown(policy: Policy, factors: readonly Factor[]): boolean {
  return factors.some((factor) => counts(policy, factor.kind) && standsFor(policy, factor))
}

/** A trusted browser is no authenticator (NIST SP 800-63B-4 §5), so it stands for none under `strict`. */
function standsFor({ demand }: Policy, factor: Factor): boolean {
  return demand === 'strict' ? isGiven(factor) : isDevice(factor)
}

/** Beside a device that counts a backup token is as good, and under `strict` without kinds of a group a phone is. */
function standingWithDevice(policy: Policy, state: Ruled['state'], devices: Ruled['devices']): PolicyStanding {
  const asGood = besides(policy)
  if (state.factors.some((factor) => asGood.includes(factor.kind) && standsFor(policy, factor))) return { state: 'met' }
  const own = devices.filter(({ confirmed }) => confirmed).map(({ kind }) => kind)
  const kinds = [...new Set(own.filter((kind) => counts(policy, kind) || asGood.includes(kind)))]
  return { state: 'verify', requirement: { kinds, trustedBrowser: policy.demand !== 'strict' } }
}

/**
 * A sign-in by password and backup token has taken two factors, so where nothing stricter is
 * asked for it opens what it always has, for as long as tokens are left.
 */
function isEnoughForNow({ demand, kinds }: Policy, { level }: Ruled['state']): boolean {
  return level === 'verified' && demand !== 'strict' && kinds === null
}

function dueOf({ graceDays, kinds }: Policy, since: Date, now: Date): SecondFactorDue {
  const until = new Date(notAfter(since, now).getTime() + graceDays * DAY_MS)
  const daysLeft = Math.max(0, Math.ceil((until.getTime() - now.getTime()) / DAY_MS))
  return { until, daysLeft, kinds }
}
