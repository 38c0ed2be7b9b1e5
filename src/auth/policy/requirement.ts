import { isAhead } from '../../clock.js'
import { z } from 'zod'
import { type AuthState, type Factor, isDeviceFactor, isVerifiedInSession } from '../auth-state.js'

/** With a shorter limit, a token would be too old again before the user returns from the token page. */
const SHORTEST_SECONDS = 30

/**
 * What a session must have passed. All specified parts must be met. `kinds`, `maxAge` and
 * `trustedBrowser` apply to one and the same factor.
 *
 * @example { kinds: ['webauthn'], maxAge: 600 } // a security key within ten minutes
 * @example { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['totp'], maxAge: 300 }] }
 */
export interface Requirement {
  /** Default: `verified`. */
  level?: 'authenticated' | 'verified'
  /** Kinds of device, one of which must have accepted a token. */
  kinds?: readonly string[]
  /** Seconds within which the user must have entered a token or used a key; at least 30. */
  maxAge?: number
  /** Whether a trusted browser is accepted instead of a token. Default: true. */
  trustedBrowser?: boolean
  anyOf?: readonly Requirement[]
  allOf?: readonly Requirement[]
}

/** What is missing to meet a requirement. */
export type Missing = { reason: 'not_authenticated' } | MissingToken

/**
 * A missing token: one of any of `kinds` (null: of any kind), not older than `maxAge` seconds (null:
 * of any age), or one that the user entered themselves.
 */
export interface MissingToken {
  reason: 'not_verified' | 'trusted_browser' | 'too_old'
  kinds: readonly string[] | null
  /** Seconds. */
  maxAge: number | null
}

/** Validates a requirement. It is part of a program, so an invalid one is an error in its code. */
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

/** A missing token, and whether the user's devices can meet the whole requirement. */
export interface Shortfall {
  missing: MissingToken
  reachable: boolean
}

/**
 * Checks a state against a requirement. Pure: the state contains its factors with their times.
 *
 * @param owned kinds of the user's devices that can verify a token; if omitted, all kinds
 * @returns null if it is met, otherwise the token to enter next (`findShortfall`)
 * @example findMissing(req.auth, { kinds: ['webauthn'], maxAge: 600 }, clock.now())
 */
export function findMissing(
  state: AuthState,
  requirement: Requirement,
  now: Date,
  owned?: readonly string[],
): Missing | null {
  if (state.level === 'anonymous') return { reason: 'not_authenticated' }
  return findShortfall(state.factors, requirement, now, owned)?.missing ?? null
}

/**
 * Finds the next token that helps to meet a requirement. Of several alternatives, only those are
 * considered that the user's devices can meet. If they can meet none, all are included.
 *
 * @param owned as for `findMissing`
 * @returns null if the requirement is met
 */
export function findShortfall(
  factors: readonly Factor[],
  requirement: Requirement,
  now: Date,
  owned?: readonly string[],
): Shortfall | null {
  const within = (each: Requirement) => findShortfall(factors, each, now, owned)
  const { allOf = [], anyOf } = requirement
  const parts = [
    missingHere(factors, requirement, now, owned),
    ...allOf.map(within),
    anyOf ? missingFromAny(anyOf.map(within)) : null,
  ]
  return missingFromAll(
    parts.filter((part) => part !== null),
    owned,
  )
}

/** Checks a requirement without its `anyOf` and `allOf`. */
function missingHere(
  factors: readonly Factor[],
  requirement: Requirement,
  now: Date,
  owned: readonly string[] | undefined,
): Shortfall | null {
  if (!requiresDevice(requirement)) return null
  const { kinds = null, maxAge = null } = requirement
  const reason = reasonHere(factors, requirement, now)
  return reason && { missing: { reason, kinds, maxAge }, reachable: canGive(kinds, owned) }
}

function reasonHere(
  factors: readonly Factor[],
  { kinds, maxAge, trustedBrowser = true }: Requirement,
  now: Date,
): MissingToken['reason'] | null {
  const devices = factors.filter(isDeviceFactor).filter(({ kind }) => kinds?.includes(kind) ?? true)
  const verified = devices.filter(isVerifiedInSession)
  if (devices.length === 0) return 'not_verified'
  if (!trustedBrowser && verified.length === 0) return 'trusted_browser'
  if (maxAge === undefined) return null
  const isFresh = verified.some(({ at }) => !isAhead(at, now) && now.getTime() - at.getTime() <= maxAge * 1000)
  return isFresh ? null : 'too_old'
}

/** Whether a requirement itself needs a device, instead of only combining others or needing a password. */
function requiresDevice({ level, kinds, maxAge, trustedBrowser, anyOf, allOf }: Requirement): boolean {
  if (kinds !== undefined || maxAge !== undefined || trustedBrowser === false) return true
  return level === undefined ? !anyOf && !allOf : level === 'verified'
}

const canGive = (kinds: readonly string[] | null, owned: readonly string[] | undefined): boolean =>
  owned === undefined || owned.some((kind) => kinds?.includes(kind) ?? true)

/** Combines the parts of `allOf`: first one that cannot be met, otherwise one token that meets as many parts as possible. */
function missingFromAll(parts: readonly Shortfall[], owned: readonly string[] | undefined): Shortfall | null {
  const [first, ...others] = parts
  if (!first) return null
  const join = (one: Shortfall, other: Shortfall): Shortfall => {
    const missing = { ...joined([one, other], 'worst'), kinds: inBoth(one.missing.kinds, other.missing.kinds) }
    const isEnough = missing.kinds?.length !== 0 && canGive(missing.kinds, owned)
    return isEnough ? { missing, reachable: true } : one
  }
  return parts.find(({ reachable }) => !reachable) ?? others.reduce(join, first)
}

/** Combines the alternatives of `anyOf`: a token for any of them helps. */
function missingFromAny(alternatives: readonly (Shortfall | null)[]): Shortfall | null {
  const open = alternatives.filter((alternative) => alternative !== null)
  if (open.length < alternatives.length) return null
  const reachable = open.filter((alternative) => alternative.reachable)
  return { missing: joined(reachable.length > 0 ? reachable : open, 'least'), reachable: reachable.length > 0 }
}

const BY_WEIGHT = ['too_old', 'trusted_browser', 'not_verified'] as const

/** @param by which of the reasons is reported */
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
