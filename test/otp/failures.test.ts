import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterSuccess,
  type Asker,
  type Failures,
  failuresOf,
  lanes,
  plusFailure,
  storedFailures,
  toStored,
  total,
} from '../../src/otp/throttle/failures.js'
import {
  accountThrottle,
  deviceThrottle,
  type FailedToken,
  timesIn,
  withFailedToken,
} from '../../src/otp/throttle/throttle.js'

const start = new Date('2026-03-01T12:00:00Z')
const after = (seconds: number) => new Date(start.getTime() + seconds * 1000)
const lane = fc.constantFrom(...lanes)
const asker = fc.record({ lane, by: fc.constantFrom('alice', 'eve', 'mallory') })

describe('consecutive failures by requester', () => {
  it('are stored and read back unchanged, with the total of the row', () => {
    fc.assert(
      fc.property(fc.array(asker, { maxLength: 150 }), (askers) => {
        const failures = askers.reduce<Failures[]>((all, each, index) => plusFailure(all, each, after(index)), [])
        const { failureCount, failedAt } = total(failures)
        expect(failureCount).toBe(askers.length)
        const read = storedFailures.parse(JSON.parse(JSON.stringify(toStored({ 'totp/1': failures }))))
        const row = { failure_count: failureCount, failed_at: failedAt }
        expect(failuresOf(read['totp/1'], row)).toEqual(failures)
      }),
    )
  })

  it('stay for other lanes after a success, and after a sign-in also for other browsers', () => {
    fc.assert(
      fc.property(fc.array(asker), asker, (askers, winner) => {
        const failures = askers.reduce<Failures[]>((all, each) => plusFailure(all, each, start), [])
        const left = afterSuccess(failures, winner, after(60))
        const others = askers.filter(
          (each) => each.lane !== winner.lane || (winner.lane === 'sign_in' && each.by !== winner.by),
        )
        expect(total(left).failureCount).toBe(others.length)
      }),
    )
  })

  it('that are 30 days old are cleared by a success in any lane', () => {
    const failures = plusFailure([], { lane: 'sign_in', by: 'eve' }, start)
    const alice: Asker = { lane: 'session' }
    expect(afterSuccess(failures, { ...alice, by: 'alice' }, after(30 * 24 * 3600 - 1))).toHaveLength(1)
    expect(afterSuccess(failures, { ...alice, by: 'alice' }, after(30 * 24 * 3600))).toEqual([])
  })

  it('follow the row if it was edited with SQL', () => {
    const three = [1, 2, 3].reduce<Failures[]>((all) => plusFailure(all, { lane: 'session' }, start), [])
    expect(failuresOf(three, { failure_count: 0, failed_at: null })).toEqual([])
    expect(total(failuresOf(three, { failure_count: 99, failed_at: start })).failureCount).toBe(99)
    expect(failuresOf(undefined, { failure_count: 2, failed_at: start })).toEqual([
      { lane: 'sign_in', by: null, count: 2, at: start },
    ])
  })

  it('stay limited in number without losing a failure', () => {
    const failures = Array.from({ length: 500 }, (_, index) => `browser ${index}`).reduce<Failures[]>(
      (all, by) => plusFailure(all, { lane: 'sign_in', by }, start),
      [],
    )
    expect(failures).toHaveLength(100)
    expect(total(failures).failureCount).toBe(500)
  })
})

describe('waits while clocks are wrong', () => {
  it('never last longer from now than their own length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: -100_000, max: 100_000 }),
        fc.integer({ min: 1, max: 60 }),
        (failureCount, ahead, factor) => {
          const wait = deviceThrottle({ failureCount, failedAt: after(ahead) }, factor, start)
          const length = Math.min(3600, factor * 2 ** (failureCount - 1))
          expect(wait?.lockedUntil.getTime() ?? 0).toBeLessThanOrEqual(after(length).getTime())
        },
      ),
    )
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 10 }), (times) => {
        const wait = accountThrottle(times.map(after), start)
        expect(wait?.lockedUntil.getTime() ?? 0).toBeLessThanOrEqual(after(900).getTime())
      }),
    )
  })
})

describe('the last rejected tokens of an account', () => {
  it('are stored for each lane, so that those of one lane never displace those of another', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lanes, 'none' as const), { maxLength: 100 }), (names) => {
        const kept = names.reduce<FailedToken[]>(
          (all, each, index) => withFailedToken(all, { lane: each, at: after(index) }),
          [],
        )
        for (const each of [...lanes, 'none' as const]) {
          const times = names.flatMap((other, index) => (other === each ? [after(index)] : []))
          expect(timesIn(kept, each)).toEqual(times.slice(-10))
        }
      }),
    )
  })
})
