import { isWithin, notAfter } from '../../clock.js'

/** A browser's claim to be trusted, compared with its row. */
interface Claim {
  /** Whether the token is the row's current one. */
  isRight: boolean
  rotatedAt: Date
  createdAt: Date
  expiresAt: Date
  /** Days for which browsers can currently be trusted. */
  days: number
}

/** `just_changed`: an old token shortly after the change, because two forms were sent at once or a response was lost. */
export type TrustVerdict = 'good' | 'expired' | 'just_changed' | 'old_token'

/** Seconds for which the previous token is not a sign of theft. It is not accepted either. */
const GRACE_SECONDS = 60

const DAY_MS = 24 * 3600 * 1000

/**
 * Evaluates a trusted browser's claim. An old token after the grace period means that two browsers have
 * the cookie. The site cannot distinguish them, so both have to enter a token. The shorter of `days`
 * and the row's expiry applies, so that a changed setting takes effect immediately.
 */
export function evaluateTrust({ isRight, rotatedAt, createdAt, expiresAt, days }: Claim, now: Date): TrustVerdict {
  if (!isRight) return isWithin(GRACE_SECONDS, rotatedAt, now) ? 'just_changed' : 'old_token'
  const until = Math.min(expiresAt.getTime(), notAfter(createdAt, now).getTime() + days * DAY_MS)
  return now.getTime() < until ? 'good' : 'expired'
}
