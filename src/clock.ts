/**
 * Where the time comes from. Everything that decides by time asks a clock, so that
 * a test can stand at any moment without waiting.
 */
export interface Clock {
  /** The present moment. */
  now(): Date
}

/** The machine's own time. */
export const systemClock: Clock = { now: () => new Date() }

/** Seconds by which the clocks of several processes may differ. */
const SKEW_SECONDS = 5

/** A stored time. One in the future was written while a clock was wrong, and counts as now. */
export const notAfter = (stored: Date, now: Date): Date => (stored > now ? now : stored)

/** Whether a stored time lies further ahead than the clocks of several processes may differ. */
export const isAhead = (stored: Date, now: Date): boolean => stored.getTime() > now.getTime() + SKEW_SECONDS * 1000

/**
 * Whether no more than so many seconds lie between a stored time and now. One in the future is
 * believed only that far, so that it opens or holds nothing until the clock has reached it.
 */
export const isWithin = (seconds: number, stored: Date, now: Date): boolean =>
  Math.abs(now.getTime() - stored.getTime()) <= seconds * 1000

/**
 * Whether something that lasts so many seconds has not ended yet. An end that lies further
 * ahead than twice as long was written while a clock was wrong, and has passed.
 */
export const isRunning = (end: Date, seconds: number, now: Date): boolean =>
  now < end && end.getTime() - now.getTime() <= 2 * seconds * 1000

/** A clock that stands still until it is moved, for tests. */
export interface StillClock extends Clock {
  /** Moves it to this moment. */
  set(at: Date | string): void
  /** Moves it on. @param seconds may be negative */
  advance(seconds: number): void
}

/**
 * Creates a clock that stands still until it is moved, for tests.
 *
 * @param start ISO 8601, for example `2026-03-01T12:00:00Z`
 * @returns `set` moves it to a moment, `advance` by seconds
 * @example
 * const clock = stillClock('2026-03-01T12:00:00Z')
 * clock.advance(30) // 12:00:30
 */
export function stillClock(start = '2026-03-01T12:00:00Z'): StillClock {
  let present = new Date(start)
  return {
    now: () => new Date(present),
    set: (at) => (present = new Date(at)),
    advance: (seconds) => (present = new Date(present.getTime() + seconds * 1000)),
  }
}
