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

/** A clock that stands still until it is moved, for tests. */
export interface StillClock extends Clock {
  /** Moves it to this moment. */
  set(at: Date | string): void
  /** Moves it on. @param seconds may be negative */
  advance(seconds: number): void
}

/** @example const clock = stillClock('2026-03-01T12:00:00Z') */
export function stillClock(start = '2026-03-01T12:00:00Z'): StillClock {
  let present = new Date(start)
  return {
    now: () => new Date(present),
    set: (at) => (present = new Date(at)),
    advance: (seconds) => (present = new Date(present.getTime() + seconds * 1000)),
  }
}
