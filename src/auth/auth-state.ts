import type { PersistentId } from '../otp/device.js'
import type { RequestUser } from './request-user.js'

/**
 * How a factor was passed: `typed`, a secret or a token; `passkey`, an answer of a security
 * key or a passkey; `trusted_browser`, nobody was asked because this browser is trusted;
 * `link`, a link that came by mail.
 */
export type How = 'typed' | 'passkey' | 'trusted_browser' | 'link'

/** One factor that this session has passed. */
export interface Factor {
  /** `password`, `invitation`, or the kind of the device. */
  kind: string
  /** The device that accepted a token; null where there is none behind it. */
  device: PersistentId | null
  at: Date
  how: How
}

/** What a session has shown so far, from least to most. */
export type Level = 'anonymous' | 'authenticated' | 'verified'

/**
 * The authentication state of one request, worked out afresh from the session and the
 * database (`loadRequestUser` alone writes it). Factors whose device is gone, switched off
 * or no longer trusted are not in it.
 */
export interface AuthState {
  level: Level
  /** Null: anonymous. */
  user: RequestUser | null
  /** Oldest first. */
  factors: readonly Factor[]
  /**
   * Seconds since the newest token or key was given by the person himself; null: none in
   * this session. A trusted browser answers for somebody, but gives no fresh token.
   */
  freshness: number | null
}

/** Every state that was made here. */
const ours = new WeakSet<object>()

/** Whether a state was made by the site: other libraries write `req.auth` as well, express-jwt the claims of its token. */
export const isOurState = (auth: unknown): auth is AuthState =>
  typeof auth === 'object' && auth !== null && ours.has(auth)

export const anonymous: AuthState = made({ level: 'anonymous', user: null, factors: [], freshness: null })

/** @example stateOf(user, factors, clock.now()).level // 'verified' */
export function stateOf(user: RequestUser, factors: readonly Factor[], now: Date): AuthState {
  const level = factors.some(isDevice) ? 'verified' : 'authenticated'
  return made({ level, user, factors, freshness: freshnessOf(factors, now) })
}

function made(state: AuthState): AuthState {
  ours.add(state)
  return state
}

/** Whether a device of the user's stands behind it. */
export const isDevice = ({ device }: Factor): boolean => device !== null

/** Whether the person himself gave a token or touched a key. */
export const isGiven = (factor: Factor): boolean => isDevice(factor) && factor.how !== 'trusted_browser'

function freshnessOf(factors: readonly Factor[], now: Date): number | null {
  const newest = Math.max(...factors.filter(isGiven).map(({ at }) => at.getTime()))
  return Number.isFinite(newest) ? Math.max(0, now.getTime() - newest) / 1000 : null
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** What this request's session has shown. Written by `loadRequestUser` alone. */
      auth: AuthState
    }
  }
}
