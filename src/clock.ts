/**
 * The source of the current time. Code that depends on the time uses a clock, so that tests can
 * set it.
 */
export interface Clock {
  /** Returns the current time. */
  now(): Date
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date() }

/** Seconds by which the clocks of several processes can differ. */
const SKEW_SECONDS = 5

/** Returns a stored time, or now if it is in the future because it was stored while a clock was wrong. */
export const notAfter = (stored: Date, now: Date): Date => (stored > now ? now : stored)

/** Whether a stored time is further ahead than the clocks of several processes can differ. */
export const isAhead = (stored: Date, now: Date): boolean => stored.getTime() > now.getTime() + SKEW_SECONDS * 1000

/**
 * Whether a stored time is at most so many seconds away from now, in the past or in the future.
 * A time further in the future was stored while a clock was wrong and has no effect.
 */
export const isWithin = (seconds: number, stored: Date, now: Date): boolean =>
  Math.abs(now.getTime() - stored.getTime()) <= seconds * 1000

/**
 * Whether a period of so many seconds has not ended yet. An end that is more than twice that
 * far ahead was stored while a clock was wrong, and the period is treated as over.
 */
export const isRunning = (end: Date, seconds: number, now: Date): boolean =>
  now < end && end.getTime() - now.getTime() <= 2 * seconds * 1000

/** A clock for tests that only changes when it is set. */
export interface FixedClock extends Clock {
  /** Sets the time. */
  set(at: Date | string): void
  /** Advances the time. @param seconds can be negative */
  advance(seconds: number): void
}

/**
 * Creates a clock for tests, which only changes when it is set.
 *
 * @param start ISO 8601, for example `2026-03-01T12:00:00Z`
 * @returns the clock. `set` sets it to a time, `advance` moves it by seconds
 * @example
 * const clock = fixedClock('2026-03-01T12:00:00Z')
 * clock.advance(30) // 12:00:30
 */
export function fixedClock(start = '2026-03-01T12:00:00Z'): FixedClock {
  let present = new Date(start)
  return {
    now: () => new Date(present),
    set: (at) => (present = new Date(at)),
    advance: (seconds) => (present = new Date(present.getTime() + seconds * 1000)),
  }
}
