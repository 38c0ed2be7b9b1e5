import type { Config } from '../../config/read-config.js'
import type { Device } from '../../otp/device.js'
import { type KindTraits, type Strength, worksHere } from '../../otp/kind-registry/kind.js'
import type { Otp } from '../../otp/otp.js'
import type { Membership, RequestUser } from '../request-user.js'

/** For whom a site or a group requires a second factor, from least to most strict. */
export type Demand = Config['otpPolicy']

/** The policy for one user, from the site's settings and the user's groups. */
export interface Policy {
  demand: Demand
  /** Whether this user must have a second factor. */
  demanded: boolean
  /** Days between the first request under the policy and its enforcement. */
  graceDays: number
  /** Kinds of device that are accepted as the second factor. Null: all that are accepted on this site. Never empty. */
  kinds: readonly string[] | null
  /** Traits of the kinds of device on this site. */
  everyKind: readonly KindTraits[]
}

/** The settings that a policy depends on, with the kinds of device of this site. */
export type PolicyConfig = Pick<Config, 'otpPolicy' | 'otpGraceDays'> & Pick<Policy, 'everyKind'>
/** The properties of a user that a policy depends on. */
export type PolicySubject = Pick<RequestUser, 'isStaff' | 'groups'>

const STRICTNESS: readonly Demand[] = ['off', 'staff', 'everyone', 'strict']

/**
 * Computes the policy that applies to one person. A group that names a policy replaces the site's
 * for its members; of several the strictest applies, and nothing loosens a site that is `strict`.
 * The shortest grace period of the groups applies.
 *
 * @param config the site's own policy and kinds
 * @param person whether they are staff, and their groups; `req.user` has both
 * @returns `demanded` says whether this person needs a second factor; `graceDays` is in days
 * @example policyOf(config, req.user).demanded // true
 */
export function policyOf(config: PolicyConfig, { isStaff, groups }: PolicySubject): Policy {
  const demand = findDemand(config.otpPolicy, groups)
  const days = groups.flatMap(({ graceDays }) => graceDays ?? [])
  return {
    demand,
    demanded: demand !== 'off' && (isStaff || demand !== 'staff'),
    graceDays: days.length > 0 ? Math.min(...days) : config.otpGraceDays,
    kinds: kindsOf(groups, demand, config.everyKind),
    everyKind: config.everyKind,
  }
}

function findDemand(site: Demand, groups: readonly Membership[]): Demand {
  const explicit = groups.flatMap(({ otpPolicy }) => otpPolicy ?? [])
  if (site === 'strict' || explicit.length === 0) return site
  return STRICTNESS.findLast((demand) => explicit.includes(demand)) ?? site
}

/**
 * Finds the kinds that all groups with a list of kinds accept. If they have none in common, the kinds of
 * the strictest group are accepted, so that no member is left without a choice.
 */
function kindsOf(
  groups: readonly Membership[],
  demand: Demand,
  everyKind: Policy['everyKind'],
): readonly string[] | null {
  const canCount = (kind: string) => isFactorUnder(demand, traitsNamed(everyKind, kind))
  const lists = groups.map(({ kinds }) => (kinds ?? []).filter(canCount)).filter((kinds) => kinds.length > 0)
  const [first] = lists
  if (!first) return null
  const shared = first.filter((kind) => lists.every((kinds) => kinds.includes(kind)))
  return shared.length > 0 ? shared : findStrictest(lists, first, everyKind)
}

/** Finds the list whose weakest kind is the strongest. */
function findStrictest(
  lists: readonly (readonly string[])[],
  first: readonly string[],
  everyKind: Policy['everyKind'],
): readonly string[] {
  const rankOf = (kind: string) => RANKS[traitsNamed(everyKind, kind).strength]
  const weakest = (kinds: readonly string[]) => Math.min(...kinds.map(rankOf))
  return lists.reduce((best, kinds) => (weakest(kinds) > weakest(best) ? kinds : best), first)
}

const RANKS: Readonly<Record<Strength, number>> = { phishing_resistant: 2, possession: 1, restricted: 0, weak: 0 }

/** The traits of a kind that this process does not know: nothing is against it. */
const UNKNOWN: Pick<KindTraits, 'isBackup' | 'strength'> = { isBackup: false, strength: 'possession' }

const traitsNamed = (everyKind: Policy['everyKind'], kind: string) =>
  everyKind.find(({ name }) => name === kind) ?? UNKNOWN

/** NIST SP 800-63B-4 §3.1.3: email is not a factor, and a phone is restricted to use together with another method. */
function isFactorUnder(demand: Demand, { isBackup, strength }: Pick<KindTraits, 'isBackup' | 'strength'>): boolean {
  return !isBackup && !(demand === 'strict' && (strength === 'restricted' || strength === 'weak'))
}

/** Whether a device of this kind is a second factor under the policy. Backup tokens are not. */
export function isSecondFactorKind({ demand, kinds, everyKind }: Policy, kind: string): boolean {
  return isFactorUnder(demand, traitsNamed(everyKind, kind)) && (kinds === null || kinds.includes(kind))
}

/** Lists the kinds that users with an accepted device can use as well. A phone is not one if a group limits the kinds. */
export function besides({ kinds, everyKind }: Policy): readonly string[] {
  const asGood = everyKind.filter(({ isBackup, strength }) => isBackup || (kinds === null && strength === 'restricted'))
  return asGood.map(({ name }) => name)
}

/** Lists the kinds that replace another device in an emergency. */
export function backupKinds({ everyKind }: Pick<Policy, 'everyKind'>): string[] {
  return everyKind.filter(({ isBackup }) => isBackup).map(({ name }) => name)
}

/** Lists the kinds that users can set up on this site. */
export function kindsOffered({ kinds, settings }: Pick<Otp, 'kinds' | 'settings'>): string[] {
  return kinds.filter((kind) => worksHere(kind, settings.relyingParty)).map(({ name }) => name)
}

/** Returns a check for the kinds of which the user must keep one when they remove a device. Null if they need none. */
export function requiredKind(policy: Policy): ((kind: string) => boolean) | null {
  return policy.demanded ? (kind) => isSecondFactorKind(policy, kind) : null
}

/**
 * Finds a user's second factor under their policy: the first confirmed device that it accepts.
 *
 * @param devices the user's own, of the kinds in use
 * @returns null if the policy accepts none of them
 */
export function findSecondFactor<Own extends Pick<Device, 'kind' | 'confirmed'>>(
  policy: Policy,
  devices: readonly Own[],
): Own | null {
  return devices.find(({ confirmed, kind }) => confirmed && isSecondFactorKind(policy, kind)) ?? null
}

/**
 * Whether a device of this kind can be added and used in addition to an accepted second factor.
 * Under `strict`, a weak one cannot.
 */
export function isKindAllowed({ demand, everyKind }: Policy, kind: string): boolean {
  return !(demand === 'strict' && traitsNamed(everyKind, kind).strength === 'weak')
}

/** How long a session lasts, in seconds. */
export interface SessionLimits {
  /** From the sign-in, with or without requests. */
  overall: number
  /** From the last request. */
  inactivity: number
}

/** NIST SP 800-63B-4 §2.2.3: AAL2 sessions should last at most 24 hours, and 1 hour without activity. `strict` halves both. */
export function sessionLimits({ demand }: Policy): SessionLimits {
  const hours = demand === 'strict' ? 12 : 24
  return { overall: hours * 3600, inactivity: (hours * 3600) / 24 }
}
