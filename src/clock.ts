/**
 * Where the time comes from. Everything that decides by time asks a clock, so that
 * a test can stand at any moment without waiting.
 */
export interface Clock {
  /** The present moment. */
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
