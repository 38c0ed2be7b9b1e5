import type { Clock } from '../../src/clock.js'

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  set(at: Date | string): void
  advance(seconds: number): void
}

export function testClock(start = '2026-03-01T12:00:00Z'): TestClock {
  let present = new Date(start)
  return {
    now: () => new Date(present),
    set: (at) => (present = new Date(at)),
    advance: (seconds) => (present = new Date(present.getTime() + seconds * 1000)),
  }
}
