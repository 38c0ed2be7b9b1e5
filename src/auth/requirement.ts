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
export type Missing =
  | { reason: 'not_authenticated' }
  /** A token of one of `kinds` (null: of any) is missing, or one within `maxAge` seconds (null: of any age). */
  | { reason: 'not_verified' | 'too_old' | 'trusted_browser'; kinds: readonly string[] | null; maxAge: number | null }

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

/**
 * Holds a state against a requirement. Pure: the state carries its time (`freshness` and
 * the age of each factor are counted to `now`).
 *
 * @returns null where it is met, else the first thing that is missing
 */
export function whatIsMissing(state: AuthState, requirement: Requirement, now: Date): Missing | null {
  if (state.level === 'anonymous') return { reason: 'not_authenticated' }
  return (
    missingHere(state.factors, requirement, now) ??
    firstMissing(state, requirement.allOf ?? [], now) ??
    missingOfAny(state, requirement.anyOf ?? [], now)
  )
}

/** The part of a requirement that is not about other requirements. */
function missingHere(factors: readonly Factor[], requirement: Requirement, now: Date): Missing | null {
  if (!asksForDevice(requirement)) return null
  const { kinds = null, maxAge = null, trustedBrowser = true } = requirement
  const devices = factors.filter(isDevice)
  const ofKind = kinds ? devices.filter(({ kind }) => kinds.includes(kind)) : devices
  const given = ofKind.filter(isGiven)
  if (ofKind.length === 0) return { reason: 'not_verified', kinds, maxAge }
  if (!trustedBrowser && given.length === 0) return { reason: 'trusted_browser', kinds, maxAge }
  if (maxAge === null) return null
  const isFresh = given.some(({ at }) => now.getTime() - at.getTime() <= maxAge * 1000)
  return isFresh ? null : { reason: 'too_old', kinds, maxAge }
}

/** A requirement that only joins others, or asks for a password alone, asks for no device itself. */
function asksForDevice({ level, kinds, maxAge, trustedBrowser, anyOf, allOf }: Requirement): boolean {
  if (kinds !== undefined || maxAge !== undefined || trustedBrowser === false) return true
  return level === undefined ? !anyOf && !allOf : level === 'verified'
}

function firstMissing(state: AuthState, all: readonly Requirement[], now: Date): Missing | null {
  for (const each of all) {
    const missing = whatIsMissing(state, each, now)
    if (missing) return missing
  }
  return null
}

/** Of several ways the first is led to. */
function missingOfAny(state: AuthState, any: readonly Requirement[], now: Date): Missing | null {
  const missing = any.map((each) => whatIsMissing(state, each, now))
  return missing.includes(null) ? null : (missing[0] ?? null)
}
