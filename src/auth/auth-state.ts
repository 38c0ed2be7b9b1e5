import type { PersistentId } from '../otp/device.js'
import type { RequestUser } from './request-user.js'

/**
 * How a factor was passed: `typed`, a secret or a token; `passkey`, a response of a security
 * key or a passkey; `trusted_browser`, without a token because this browser is trusted;
 * `link`, a link from an email.
 */
export type FactorMethod = 'typed' | 'passkey' | 'trusted_browser' | 'link'

/** One factor that this session has passed. */
export interface Factor {
  /** `password`, `invitation`, or the kind of the device. */
  kind: string
  /** The device that accepted a token. Null if the factor is not a device. */
  device: PersistentId | null
  at: Date
  how: FactorMethod
}

/** How far a session is authenticated, from lowest to highest. */
export type Level = 'anonymous' | 'authenticated' | 'verified'

/**
 * The authentication state of one request. `loadRequestUser` alone sets it, for each request
 * from the session and the database. It omits factors whose device was removed or disabled or
 * whose browser is no longer trusted.
 */
export interface AuthState {
  level: Level
  /** Null if the request is anonymous. */
  user: RequestUser | null
  /** Oldest first. */
  factors: readonly Factor[]
  /**
   * Seconds since the user last entered a token or used a key. Null if they have not done so in
   * this session. A trusted browser replaces the second factor, but is not a fresh token.
   */
  freshness: number | null
}

/** All states that this module created. */
const createdStates = new WeakSet<object>()

/** Whether the site created a state. Other libraries set `req.auth` as well: express-jwt sets the claims of its token. */
export const isAuthState = (auth: unknown): auth is AuthState =>
  typeof auth === 'object' && auth !== null && createdStates.has(auth)

export const anonymous: AuthState = register({ level: 'anonymous', user: null, factors: [], freshness: null })

/**
 * Creates the state of a signed-in user.
 *
 * @param factors oldest first
 * @example createAuthState(user, factors, clock.now()).level // 'verified'
 */
export function createAuthState(user: RequestUser, factors: readonly Factor[], now: Date): AuthState {
  const level = factors.some(isDeviceFactor) ? 'verified' : 'authenticated'
  return register({ level, user, factors, freshness: freshnessOf(factors, now) })
}

function register(state: AuthState): AuthState {
  createdStates.add(state)
  return state
}

/** Whether a factor is one of the user's devices. */
export const isDeviceFactor = ({ device }: Factor): boolean => device !== null

/** Whether the user entered a token or used a key, instead of relying on a trusted browser. */
export const isVerifiedInSession = (factor: Factor): boolean =>
  isDeviceFactor(factor) && factor.how !== 'trusted_browser'

function freshnessOf(factors: readonly Factor[], now: Date): number | null {
  const newest = Math.max(...factors.filter(isVerifiedInSession).map(({ at }) => at.getTime()))
  return Number.isFinite(newest) ? Math.max(0, now.getTime() - newest) / 1000 : null
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- how Express's Request is extended
  namespace Express {
    interface Request {
      /** The authentication state of this request's session. Only `loadRequestUser` sets it. */
      auth: AuthState
    }
  }
}
