import { notAfter } from '../clock.js'

/**
 * The wait between two challenges of one device. Generating starts it; only a token that
 * was accepted ends it early.
 *
 * @param cooldown seconds; 0 switches it off
 * @returns when the next one may be generated, or null where that is now
 */
export function challengeCooldown(challengedAt: Date | null, cooldown: number, now: Date): Date | null {
  if (!challengedAt || cooldown === 0) return null
  const nextAt = new Date(notAfter(challengedAt, now).getTime() + cooldown * 1000)
  return now < nextAt ? nextAt : null
}
