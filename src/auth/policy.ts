import type { Config } from '../config/read-config.js'
import type { Device } from '../otp/device.js'
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
}

/** The part of the settings that a policy goes by. */
export type PolicyConfig = Pick<Config, 'otpPolicy' | 'otpGraceDays'>
/** The part of a person that a policy goes by. */
export type Person = Pick<RequestUser, 'isStaff' | 'groups'>

const STRICTNESS: readonly Demand[] = ['off', 'staff', 'everyone', 'strict']

/** NIST SP 800-63B-4 §3.1.3: e-mail is no factor, and a phone is restricted to standing beside another method. */
const WEAK: readonly string[] = ['phone', 'email']

/**
 * The policy that rules one person. A group that names a policy replaces the site's for its
 * members, of several the strictest rules, and nothing lowers a site that is `strict`. Of
 * the groups' days of grace the fewest rule.
 *
 * @example policyOf(config, req.user).demanded
 */
export function policyOf(config: PolicyConfig, { isStaff, groups }: Person): Policy {
  const demand = demandOf(config.otpPolicy, groups)
  const days = groups.flatMap(({ graceDays }) => graceDays ?? [])
  return {
    demand,
    demanded: demand !== 'off' && (isStaff || demand !== 'staff'),
    graceDays: days.length > 0 ? Math.min(...days) : config.otpGraceDays,
    kinds: kindsOf(groups, demand),
  }
}

function demandOf(site: Demand, groups: readonly Membership[]): Demand {
  const named = groups.flatMap(({ otpPolicy }) => otpPolicy ?? [])
  if (site === 'strict' || named.length === 0) return site
  return STRICTNESS.findLast((demand) => named.includes(demand)) ?? site
}

/** What all groups accept that name kinds. Where they share none, what the strictest of them accepts: nobody is left without a way. */
function kindsOf(groups: readonly Membership[], demand: Demand): readonly string[] | null {
  const count = (kind: string) => kind !== 'static' && !(demand === 'strict' && WEAK.includes(kind))
  const named = groups.map(({ kinds }) => (kinds ?? []).filter(count)).filter((kinds) => kinds.length > 0)
  const [first] = named
  if (!first) return null
  const shared = first.filter((kind) => named.every((kinds) => kinds.includes(kind)))
  return shared.length > 0 ? shared : strictest(named, first)
}

/** Those kinds of which the weakest is strongest. */
function strictest(named: readonly (readonly string[])[], first: readonly string[]): readonly string[] {
  const weakest = (kinds: readonly string[]) => Math.min(...kinds.map(strengthOf))
  return named.reduce((best, kinds) => (weakest(kinds) > weakest(best) ? kinds : best), first)
}

/** Only keys cannot be phished, and what is sent can be read on its way. */
function strengthOf(kind: string): number {
  if (kind === 'webauthn') return 2
  return WEAK.includes(kind) ? 0 : 1
}

/** Whether a device of this kind is a second factor under the policy. Backup tokens stand beside one and are none. */
export function counts({ demand, kinds }: Policy, kind: string): boolean {
  if (kind === 'static' || (demand === 'strict' && WEAK.includes(kind))) return false
  return kinds === null || kinds.includes(kind)
}

/** Kinds that are as good as one that counts, for those who have one that does; under kinds of a group a phone is not. */
export function besides({ kinds }: Policy): readonly string[] {
  return kinds === null ? ['static', 'phone'] : ['static']
}

/** Kinds that people can set up on this site: browsers know no keys for an address without a relying party. */
export function kindsOffered({ kinds, settings }: Pick<Otp, 'kinds' | 'settings'>): string[] {
  return kinds.map(({ name }) => name).filter((name) => name !== 'webauthn' || settings.relyingParty !== null)
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
 * Whether a device of this kind may be added and used beside a second factor that counts:
 * e-mail is none at all under `strict`.
 */
export function isAccepted({ demand }: Policy, kind: string): boolean {
  return !(demand === 'strict' && kind === 'email')
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
