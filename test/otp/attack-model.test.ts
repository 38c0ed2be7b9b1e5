import { describe, expect, it } from 'vitest'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  afterSuccess,
  type Asker,
  type Failures,
  plusFailure,
  stateFor,
  total,
} from '../../src/otp/throttle/failures.js'
import { packageRoot } from '../../src/package-root.js'
import {
  accountThrottle,
  deviceThrottle,
  type FailedToken,
  FAILURES_UNTIL_DISABLED,
  timesIn,
  withFailedToken,
} from '../../src/otp/throttle/throttle.js'

const HOUR = 3600
const DAY = 24 * HOUR
const YEAR = 365 * DAY
const start = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number) => new Date(start + seconds * 1000)

/** The owner signs in or enters a token, never in the attacker's browser. */
interface Owner {
  asker: Asker
  /** Seconds between two successes. */
  every: number
}

interface Attack {
  factor: number
  owner: Owner | null
  /** Failures that the attacker leaves unused, so that the device is not disabled. */
  spare: number
  lane?: Asker['lane']
}

/**
 * Simulates an attacker who guesses the codes of one device, as early as the real throttle
 * allows each guess, in a new browser each time.
 *
 * @returns guesses that were compared, and whether the device was disabled
 */
function attackFor(seconds: number, { factor, owner, spare, lane = 'sign_in' }: Attack) {
  let failures: Failures[] = []
  let failed: FailedToken[] = []
  let guesses = 0
  const every = owner?.every ?? Infinity
  let ownerAt = 0
  for (let now = 0; now < seconds;) {
    for (; ownerAt + every <= now; ownerAt += every)
      failures = owner ? afterSuccess(failures, owner.asker, at(ownerAt + every)) : failures
    const count = total(failures).failureCount
    if (count >= FAILURES_UNTIL_DISABLED) return { guesses, disabled: true }
    const eve: Asker = { lane, by: `browser ${guesses}` }
    const wait =
      accountThrottle(timesIn(failed, lane), at(now)) ??
      deviceThrottle(stateFor(failures, eve, 'lane'), factor, at(now))
    if (count + spare >= FAILURES_UNTIL_DISABLED) now += HOUR
    else if (wait) now = Math.ceil((wait.lockedUntil.getTime() - start) / 1000)
    else {
      failures = plusFailure(failures, eve, at(now))
      failed = withFailedToken(failed, { lane, at: at(now) })
      guesses += 1
    }
  }
  return { guesses, disabled: false }
}

const ownMistakes: Asker = { lane: 'sign_in', by: 'alice' }
const owners: [what: string, owner: Owner | null][] = [
  ['is away', null],
  ['signs in daily in a new browser', { asker: ownMistakes, every: DAY }],
  ['signs in every hour in a new browser', { asker: ownMistakes, every: HOUR }],
  ['signs in daily in a known browser', { asker: { lane: 'known_browser', by: 'alice' }, every: DAY }],
  ['enters a token in a session every hour', { asker: { lane: 'session', by: 'alice' }, every: HOUR }],
]

describe('an attacker who has the password, in a year', () => {
  it.each(owners)('has 100 guesses at a device, and it is disabled, while the owner %s', (_what, owner) => {
    for (const factor of [1, 0]) {
      const { guesses, disabled } = attackFor(YEAR, { factor, owner, spare: 0 })
      expect({ guesses, disabled }).toEqual({ guesses: 100, disabled: true })
    }
  })

  it.each(owners)('has at most 1,287 by stopping before that, while the owner %s', (_what, owner) => {
    for (const factor of [1, 0]) {
      const { guesses, disabled } = attackFor(YEAR, { factor, owner, spare: 1 })
      expect(disabled).toBe(false)
      expect(guesses).toBeLessThanOrEqual(13 * 99)
    }
  })

  it('disables the device after 3.7 days, and after 2.3 hours without the throttle', () => {
    const days = (factor: number, seconds: number) => attackFor(seconds, { factor, owner: null, spare: 0 }).disabled
    expect([days(1, 3.6 * DAY), days(1, 3.8 * DAY)]).toEqual([false, true])
    expect([days(0, 2.2 * HOUR), days(0, 2.3 * HOUR)]).toEqual([false, true])
  })
})

describe('an attacker who also has one of the owner’s browsers or sessions', () => {
  it('has at most 12,800 guesses a year while the owner enters a token there daily', () => {
    for (const lane of ['known_browser', 'session'] as const) {
      const owner = { asker: { lane, by: 'alice' }, every: DAY }
      const { guesses } = attackFor(YEAR, { factor: 1, owner, spare: 1, lane })
      expect(guesses).toBeLessThanOrEqual(12_800)
    }
  })

  it('has at most ten in any 15 minutes, however often the owner enters one', () => {
    const owner = { asker: { lane: 'session', by: 'alice' }, every: 1 } as const
    const { guesses } = attackFor(DAY, { factor: 0, owner, spare: 1, lane: 'session' })
    expect(guesses).toBeLessThanOrEqual(10 * 96)
  })
})

it('gives the numbers in docs/security.md', () => {
  const text = readFileSync(path.join(packageRoot, 'docs/security.md'), 'utf8')
  for (const number of ['100 guesses', '1,287', '0.39 %', '3.7 days', '12,800', '3.8 %']) expect(text).toContain(number)
  const chance = (guesses: number) => `${(100 * (1 - (1 - 3e-6) ** guesses)).toFixed(2)} %`
  expect(chance(1287)).toBe('0.39 %')
  expect(Number.parseFloat(chance(12_800))).toBeCloseTo(3.8, 1)
})
