import { notAfter } from '../clock.js'

/**
 * Calculates the wait between two challenges of one device. Generating a challenge starts it, and
 * only an accepted token ends it early.
 *
 * @param cooldown seconds; 0 disables it
 * @returns when the next one can be generated, or null if it can now
 */
export function challengeCooldown(challengedAt: Date | null, cooldown: number, now: Date): Date | null {
  if (!challengedAt || cooldown === 0) return null
  const nextAt = new Date(notAfter(challengedAt, now).getTime() + cooldown * 1000)
  return now < nextAt ? nextAt : null
}
