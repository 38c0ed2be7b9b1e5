import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountThrottle, deviceThrottle, withFailure } from '../../src/otp/throttle/throttle.js'

const start = new Date('2026-03-01T12:00:00Z')
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000)

describe('the throttle of one device', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [10, 512],
    [12, 2048],
    [13, 3600],
    [99, 3600],
  ])('after %i failures is %i seconds', (failureCount, seconds) => {
    const state = { failureCount, failedAt: start }
    expect(deviceThrottle(state, 1, after(seconds - 0.001))).toEqual({
      reason: 'n_failed_attempts',
      failureCount,
      lockedUntil: after(seconds),
    })
    expect(deviceThrottle(state, 1, after(seconds))).toBeNull()
  })

  it('does not exist with the factor 0 or without a failure', () => {
    expect(deviceThrottle({ failureCount: 9, failedAt: start }, 0, start)).toBeNull()
    expect(deviceThrottle({ failureCount: 0, failedAt: null }, 1, start)).toBeNull()
  })
})

describe('the lock of an account', () => {
  const failures = (seconds: number[]) => seconds.reduce<Date[]>((times, at) => withFailure(times, after(at)), [])

  it('starts with the tenth failure and ends when the first of the ten is 15 minutes old', () => {
    const ten = failures([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(accountThrottle(ten.slice(1), after(9))).toBeNull()
    expect(accountThrottle(ten, after(9))).toMatchObject({ failureCount: 10, lockedUntil: after(900) })
    expect(accountThrottle(ten, after(900))).toBeNull()
  })

  it('never allows more than ten failures in any 15 minutes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 80 }), (pauses) => {
        let at = 0
        let kept: Date[] = []
        const counted: number[] = []
        for (const pause of pauses) {
          at += pause
          if (accountThrottle(kept, after(at))) continue
          kept = withFailure(kept, after(at))
          counted.push(at)
        }
        for (const last of counted)
          expect(counted.filter((each) => each > last - 900 && each <= last).length).toBeLessThanOrEqual(10)
      }),
    )
  })
})
