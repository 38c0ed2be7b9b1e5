import type { Config } from '../config/read-config.js'
import type { Device } from '../otp/device.js'
import { type KindTraits, type Strength, worksHere } from '../otp/kinds/kind.js'
import type { Otp } from '../otp/otp.js'
import type { Membership, RequestUser } from './request-user.js'

/** What a site, or a group, asks of its people, from least to most. */
export type Demand = Config['otpPolicy']

/** What is asked of one person, by the site and by the groups that he is in. */
export interface Policy {
  demand: Demand
  /** Whether this person must have a second factor. */
  demanded: boolean
  /** Days between the first request that the policy rules and its enforcement. */
  graceDays: number
  /** Kinds of device that count as the second factor; null: all that count on this site. Never empty. */
  kinds: readonly string[] | null
  /** What the kinds of device on this site are like. */
  everyKind: readonly KindTraits[]
}

/** The part of the settings that a policy goes by, with the kinds of device that there are. */
export type PolicyConfig = Pick<Config, 'otpPolicy' | 'otpGraceDays'> & Pick<Policy, 'everyKind'>
/** The part of a person that a policy goes by. */
export type Person = Pick<RequestUser, 'isStaff' | 'groups'>

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
export function policyOf(config: PolicyConfig, { isStaff, groups }: Person): Policy {
  const demand = demandOf(config.otpPolicy, groups)
  const days = groups.flatMap(({ graceDays }) => graceDays ?? [])
  return {
    demand,
    demanded: demand !== 'off' && (isStaff || demand !== 'staff'),
    graceDays: days.length > 0 ? Math.min(...days) : config.otpGraceDays,
    kinds: kindsOf(groups, demand, config.everyKind),
    everyKind: config.everyKind,
  }
}

function demandOf(site: Demand, groups: readonly Membership[]): Demand {
  const named = groups.flatMap(({ otpPolicy }) => otpPolicy ?? [])
  if (site === 'strict' || named.length === 0) return site
  return STRICTNESS.findLast((demand) => named.includes(demand)) ?? site
}

/** What all groups accept that name kinds. Where they share none, what the strictest of them accepts: nobody is left without a way. */
function kindsOf(
  groups: readonly Membership[],
  demand: Demand,
  everyKind: Policy['everyKind'],
): readonly string[] | null {
  const canCount = (kind: string) => isFactorUnder(demand, traitsNamed(everyKind, kind))
  const named = groups.map(({ kinds }) => (kinds ?? []).filter(canCount)).filter((kinds) => kinds.length > 0)
  const [first] = named
  if (!first) return null
  const shared = first.filter((kind) => named.every((kinds) => kinds.includes(kind)))
  return shared.length > 0 ? shared : strictest(named, first, everyKind)
}

/** Those kinds of which the weakest is strongest. */
function strictest(
  named: readonly (readonly string[])[],
  first: readonly string[],
  everyKind: Policy['everyKind'],
): readonly string[] {
  const rankOf = (kind: string) => RANKS[traitsNamed(everyKind, kind).strength]
  const weakest = (kinds: readonly string[]) => Math.min(...kinds.map(rankOf))
  return named.reduce((best, kinds) => (weakest(kinds) > weakest(best) ? kinds : best), first)
}

const RANKS: Readonly<Record<Strength, number>> = { phishing_resistant: 2, possession: 1, restricted: 0, weak: 0 }

/** A kind that only another process knows, or a name of none: nothing speaks against it. */
const UNKNOWN: Pick<KindTraits, 'isBackup' | 'strength'> = { isBackup: false, strength: 'possession' }

const traitsNamed = (everyKind: Policy['everyKind'], kind: string) =>
  everyKind.find(({ name }) => name === kind) ?? UNKNOWN

/** NIST SP 800-63B-4 §3.1.3: email is not a factor, and a phone is restricted to use together with another method. */
function isFactorUnder(demand: Demand, { isBackup, strength }: Pick<KindTraits, 'isBackup' | 'strength'>): boolean {
  return !isBackup && !(demand === 'strict' && (strength === 'restricted' || strength === 'weak'))
}

/** Whether a device of this kind is a second factor under the policy. Backup tokens are not. */
export function counts({ demand, kinds, everyKind }: Policy, kind: string): boolean {
  return isFactorUnder(demand, traitsNamed(everyKind, kind)) && (kinds === null || kinds.includes(kind))
}

/** Kinds that are as good as one that counts, for those who have one that does; under kinds of a group a phone is not. */
export function besides({ kinds, everyKind }: Policy): readonly string[] {
  const asGood = everyKind.filter(({ isBackup, strength }) => isBackup || (kinds === null && strength === 'restricted'))
  return asGood.map(({ name }) => name)
}

/** The kinds whose tokens stand in for another device. */
export function backupKinds({ everyKind }: Pick<Policy, 'everyKind'>): string[] {
  return everyKind.filter(({ isBackup }) => isBackup).map(({ name }) => name)
}

/** Kinds that people can set up on this site. */
export function kindsOffered({ kinds, settings }: Pick<Otp, 'kinds' | 'settings'>): string[] {
  return kinds.filter((kind) => worksHere(kind, settings.relyingParty)).map(({ name }) => name)
}

/** What the removal of a device has to leave to somebody; null: nothing. */
export function keepLast(policy: Policy): ((kind: string) => boolean) | null {
  return policy.demanded ? (kind) => counts(policy, kind) : null
}

/**
 * The second factor that somebody has, by the policy that rules him: the first of his
 * confirmed devices that counts.
 *
 * @param devices his own, of the kinds in use
 * @returns null where he has none that counts, however many he has
 */
export function secondFactorOf<Own extends Pick<Device, 'kind' | 'confirmed'>>(
  policy: Policy,
  devices: readonly Own[],
): Own | null {
  return devices.find(({ confirmed, kind }) => confirmed && counts(policy, kind)) ?? null
}

/**
 * Whether a device of this kind may be added and used beside a second factor that counts.
 * Under `strict` a weak one may not.
 */
export function isAccepted({ demand, everyKind }: Policy, kind: string): boolean {
  return !(demand === 'strict' && traitsNamed(everyKind, kind).strength === 'weak')
}

/** Seconds that a session lasts. */
export interface SessionLimits {
  /** From the sign-in on, however busy. */
  overall: number
  /** Without a request. */
  inactivity: number
}

/** NIST SP 800-63B-4 §2.2.3: 24 hours and one hour are the most that AAL2 should have; `strict` takes half. */
export function sessionLimits({ demand }: Policy): SessionLimits {
  const hours = demand === 'strict' ? 12 : 24
  return { overall: hours * 3600, inactivity: (hours * 3600) / 24 }
}
