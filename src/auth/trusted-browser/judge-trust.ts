import { isWithin, notAfter } from '../../clock.js'

/** What the row says of a browser that names it. */
interface Claim {
  /** Whether the token is the one that the row has now. */
  isRight: boolean
  rotatedAt: Date
  createdAt: Date
  expiresAt: Date
  /** For how many days a browser may be trusted at present. */
  days: number
}

/** `just_changed`: an old token, but so soon that two forms were sent at once, or an answer was lost. */
export type TrustVerdict = 'good' | 'expired' | 'just_changed' | 'old_token'

/** Seconds for which the token before this one is no sign of theft. It lets nobody in either. */
const GRACE_SECONDS = 60

const DAY_MS = 24 * 3600 * 1000

/**
 * Judges a trusted browser's claim. An old token after the grace means that two browsers have
 * the cookie, and nobody can tell which of them is the owner's: both are asked for a token.
 * `days` counts as well as what the row was given, so that a shorter time applies at once.
 */
export function judgeTrust({ isRight, rotatedAt, createdAt, expiresAt, days }: Claim, now: Date): TrustVerdict {
  if (!isRight) return isWithin(GRACE_SECONDS, rotatedAt, now) ? 'just_changed' : 'old_token'
  const until = Math.min(expiresAt.getTime(), notAfter(createdAt, now).getTime() + days * DAY_MS)
  return now.getTime() < until ? 'good' : 'expired'
}
