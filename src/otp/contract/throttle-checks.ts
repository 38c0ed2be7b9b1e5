import assert from 'node:assert/strict'
import { expectAccepted, expectParts, expectRefused } from './expect.js'
import type { StagedCheck } from './kind-contract.js'

const SECOND = 1000

/** How failures make a device and its owner's account wait. */
export const throttleChecks: readonly StagedCheck[] = [
  [
    'refuses even a right token while it waits, and counts nothing then (D-15)',
    async ({ submit, good, row, otp, fixture }) => {
      const token = await good()
      await submit(fixture.wrongToken)
      const lockedUntil = new Date(otp.clock.now().getTime() + SECOND)
      const refused = { ok: false, reason: 'n_failed_attempts', failureCount: 1, lockedUntil }
      assert.deepEqual(await submit(token), refused)
      for (let index = 0; index < 5; index += 1) assert.deepEqual(await submit(fixture.wrongToken), refused)
      expectParts(await row(), { failure_count: 1 })
      otp.clock.advance(1)
      expectAccepted(await submit(token))
    },
  ],
  [
    'forgets its failures after a success',
    async ({ submit, good, row, otp, fixture }) => {
      await submit(fixture.wrongToken)
      otp.clock.advance(1)
      expectAccepted(await submit(await good()))
      await submit(fixture.wrongToken)
      expectParts(await row(), { failure_count: 1 })
    },
  ],
  [
    'is switched off by 100 failures in a row and stays off (S-11)',
    async ({ submit, good, change, row, otp, fixture }) => {
      await change('failure_count = 98, failed_at = null')
      await submit(fixture.wrongToken)
      expectParts(await row(), { confirmed: true })
      otp.clock.advance(3600)
      await submit(fixture.wrongToken)
      expectParts(await row(), { failure_count: 100, confirmed: false })
      otp.clock.advance(24 * 3600)
      expectRefused(await submit(await good()))
    },
  ],
  [
    'waits with the whole account after ten failures, also without a wait of its own (A-03)',
    async ({ submit, good, otp, userId, device, fixture }) => {
      otp.settings.throttleFactor = 0
      const other = await fixture.add(otp, userId)
      for (let index = 0; index < 10; index += 1)
        await submit(fixture.wrongToken, { deviceId: index % 2 ? other.persistentId : device.persistentId })
      const lockedUntil = new Date(otp.clock.now().getTime() + 900 * SECOND)
      const locked = { ok: false, reason: 'n_failed_attempts', lockedUntil }
      expectParts(await submit(await good()), locked)
      expectParts(await submit(await good(other), { deviceId: other.persistentId }), locked)
      otp.clock.advance(900)
      expectAccepted(await submit(await good()))
    },
  ],
  [
    'tells of a failure, but not while it waits (D-43)',
    async ({ submit, otp, fixture }) => {
      const told: number[] = []
      otp.events.on('verificationFailed', ({ failureCount }) => void told.push(failureCount))
      await submit(fixture.wrongToken)
      await submit(fixture.wrongToken)
      assert.deepEqual(told, [1])
    },
  ],
]
