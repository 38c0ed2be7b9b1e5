import { isAhead } from '../clock.js'
import { z } from 'zod'
import { type AuthState, type Factor, isDevice, isGiven } from './auth-state.js'

/** Shorter and nobody could come back from the token page in time: it would be asked for without end. */
const SHORTEST_SECONDS = 30

/**
 * What a session must have shown before something may be done. All that is named must hold;
 * `kinds`, `maxAge` and `trustedBrowser` speak of one and the same factor.
 *
 * @example { kinds: ['webauthn'], maxAge: 600 } // a security key within ten minutes
 * @example { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['totp'], maxAge: 300 }] }
 */
export interface Requirement {
  /** `verified` where nothing is said. */
  level?: 'authenticated' | 'verified'
  /** Kinds of device, one of which must have accepted a token. */
  kinds?: readonly string[]
  /** Seconds within which the person must have given a token himself; 30 or more. */
  maxAge?: number
  /** `false`: a trusted browser does not answer for the person. */
  trustedBrowser?: boolean
  anyOf?: readonly Requirement[]
  allOf?: readonly Requirement[]
}

/** What falls short, so that the next step can be exactly that one. */
export type Missing = { reason: 'not_authenticated' } | MissingToken

/**
 * A token of one of `kinds` (null: of any) is missing, or one within `maxAge` seconds (null:
 * of any age), or one that the person gave himself. Whichever of the kinds it comes from, it helps.
 */
export interface MissingToken {
  reason: 'not_verified' | 'trusted_browser' | 'too_old'
  kinds: readonly string[] | null
  /** Seconds. */
  maxAge: number | null
}

/** The checked form. A requirement is part of a program, so a wrong one is a fault of it. */
export const requirementSchema: z.ZodType<Requirement> = z.lazy(() =>
  z.strictObject({
    level: z.enum(['authenticated', 'verified']).exactOptional(),
    kinds: z.array(z.string()).min(1).exactOptional(),
    maxAge: z.number().int().min(SHORTEST_SECONDS).exactOptional(),
    trustedBrowser: z.boolean().exactOptional(),
    anyOf: z.array(requirementSchema).min(1).exactOptional(),
    allOf: z.array(requirementSchema).min(1).exactOptional(),
  }),
)

/** A token that is missing, and whether this person can give it and whatever else is missing. */
export interface Shortfall {
  missing: MissingToken
  reachable: boolean
}

/**
 * Holds a state against a requirement. Pure: the state carries its factors with their times.
 *
 * @param owned kinds of the devices that this person could give a token with; left out: of every kind
 * @returns null where it is met, else what is to be given next (`shortfallOf`)
 * @example whatIsMissing(req.auth, { kinds: ['webauthn'], maxAge: 600 }, clock.now())
 */
export function whatIsMissing(
  state: AuthState,
  requirement: Requirement,
  now: Date,
  owned?: readonly string[],
): Missing | null {
  if (state.level === 'anonymous') return { reason: 'not_authenticated' }
  return shortfallOf(state.factors, requirement, now, owned)?.missing ?? null
}

/**
 * The next token that leads to what is required. Of several ways it is on those that this
 * person's devices can go to the end; where they can go none, all of them are named.
 *
 * @param owned as for `whatIsMissing`
 */
export function shortfallOf(
  factors: readonly Factor[],
  requirement: Requirement,
  now: Date,
  owned?: readonly string[],
): Shortfall | null {
  const within = (each: Requirement) => shortfallOf(factors, each, now, owned)
  const { allOf = [], anyOf } = requirement
  const parts = [
    missingHere(factors, requirement, now, owned),
    ...allOf.map(within),
    anyOf ? ofAny(anyOf.map(within)) : null,
  ]
  return ofAll(
    parts.filter((part) => part !== null),
    owned,
  )
}

/** The part of a requirement that is not about other requirements. */
function missingHere(
  factors: readonly Factor[],
  requirement: Requirement,
  now: Date,
  owned: readonly string[] | undefined,
): Shortfall | null {
  if (!asksForDevice(requirement)) return null
  const { kinds = null, maxAge = null } = requirement
  const reason = reasonHere(factors, requirement, now)
  return reason && { missing: { reason, kinds, maxAge }, reachable: canGive(kinds, owned) }
}

function reasonHere(
  factors: readonly Factor[],
  { kinds, maxAge, trustedBrowser = true }: Requirement,
  now: Date,
): MissingToken['reason'] | null {
  const devices = factors.filter(isDevice).filter(({ kind }) => kinds?.includes(kind) ?? true)
  const given = devices.filter(isGiven)
  if (devices.length === 0) return 'not_verified'
  if (!trustedBrowser && given.length === 0) return 'trusted_browser'
  if (maxAge === undefined) return null
  const isFresh = given.some(({ at }) => !isAhead(at, now) && now.getTime() - at.getTime() <= maxAge * 1000)
  return isFresh ? null : 'too_old'
}

/** A requirement that only joins others, or asks for a password alone, asks for no device itself. */
function asksForDevice({ level, kinds, maxAge, trustedBrowser, anyOf, allOf }: Requirement): boolean {
  if (kinds !== undefined || maxAge !== undefined || trustedBrowser === false) return true
  return level === undefined ? !anyOf && !allOf : level === 'verified'
}

const canGive = (kinds: readonly string[] | null, owned: readonly string[] | undefined): boolean =>
  owned === undefined || owned.some((kind) => kinds?.includes(kind) ?? true)

/** What cannot be given is told at once; else one token is asked for that is good for as many parts as it can be. */
function ofAll(parts: readonly Shortfall[], owned: readonly string[] | undefined): Shortfall | null {
  const [first, ...others] = parts
  if (!first) return null
  const join = (one: Shortfall, other: Shortfall): Shortfall => {
    const missing = { ...joined([one, other], 'worst'), kinds: inBoth(one.missing.kinds, other.missing.kinds) }
    const suits = missing.kinds?.length !== 0 && canGive(missing.kinds, owned)
    return suits ? { missing, reachable: true } : one
  }
  return parts.find(({ reachable }) => !reachable) ?? others.reduce(join, first)
}

/** A token of any kind that a way asks for is a step on that way. */
function ofAny(ways: readonly (Shortfall | null)[]): Shortfall | null {
  const open = ways.filter((way) => way !== null)
  if (open.length < ways.length) return null
  const reachable = open.filter((way) => way.reachable)
  return { missing: joined(reachable.length > 0 ? reachable : open, 'least'), reachable: reachable.length > 0 }
}

const BY_WEIGHT = ['too_old', 'trusted_browser', 'not_verified'] as const

/** @param by whose reason is told */
function joined(shortfalls: readonly Shortfall[], by: 'least' | 'worst'): MissingToken {
  const all = shortfalls.map(({ missing }) => missing)
  const reasons = BY_WEIGHT.filter((reason) => all.some((each) => each.reason === reason))
  const kinds = all.flatMap((each) => each.kinds ?? [])
  const ages = all.flatMap(({ maxAge }) => maxAge ?? [])
  return {
    reason: reasons.at(by === 'least' ? 0 : -1) ?? 'not_verified',
    kinds: all.some((each) => each.kinds === null) ? null : [...new Set(kinds)],
    maxAge: ages.length > 0 ? Math.min(...ages) : null,
  }
}

function inBoth(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  return one && other ? one.filter((kind) => other.includes(kind)) : (one ?? other)
}
