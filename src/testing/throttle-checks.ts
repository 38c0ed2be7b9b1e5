import assert from 'node:assert/strict'
import { expectAccepted, expectProperties } from './expect.js'
import type { StagedCheck } from './harness.js'

const SECOND = 1000

/** Checks how failures throttle a device and lock its owner's account. */
export const throttleChecks: readonly StagedCheck[] = [
  [
    'rejects even a correct token while it is throttled, and counts no failures then',
    async ({ submit, good, row, otp, fixture }) => {
      const token = await good()
      await submit(fixture.wrongToken)
      const lockedUntil = new Date(otp.clock.now().getTime() + SECOND)
      const rejected = { ok: false, reason: 'n_failed_attempts', failureCount: 1, lockedUntil }
      assert.deepEqual(await submit(token), rejected)
      for (let index = 0; index < 5; index += 1) assert.deepEqual(await submit(fixture.wrongToken), rejected)
      expectProperties(await row(), { failure_count: 1 })
      otp.clock.advance(1)
      expectAccepted(await submit(token))
    },
  ],
  [
    'resets its failures after a success',
    async ({ submit, good, row, otp, fixture }) => {
      await submit(fixture.wrongToken)
      otp.clock.advance(1)
      expectAccepted(await submit(await good()))
      await submit(fixture.wrongToken)
      expectProperties(await row(), { failure_count: 1 })
    },
  ],
  [
    'is disabled by 100 failures in a row if its tokens can be guessed, and never otherwise',
    async ({ submit, good, change, row, otp, kind, fixture }) => {
      const confirmed = kind.unguessable === true
      await change('failure_count = 98, failed_at = null')
      await submit(fixture.wrongToken)
      expectProperties(await row(), { confirmed: true })
      otp.clock.advance(3600)
      await submit(fixture.wrongToken)
      expectProperties(await row(), { failure_count: 100, confirmed, disabled_reason: confirmed ? null : 'failures' })
      otp.clock.advance(24 * 3600)
      assert.equal((await submit(await good())).ok, confirmed)
    },
  ],
  [
    'is locked with the whole account after ten failures, unless nobody can guess its tokens',
    async ({ submit, good, otp, userId, device, kind, fixture }) => {
      otp.settings.throttleFactor = 0
      const other = await fixture.add(otp, userId)
      for (let index = 0; index < 10; index += 1)
        await submit(fixture.wrongToken, { deviceId: index % 2 ? other.persistentId : device.persistentId })
      if (kind.unguessable) return expectAccepted(await submit(await good()))
      const lockedUntil = new Date(otp.clock.now().getTime() + 900 * SECOND)
      const locked = { ok: false, reason: 'n_failed_attempts', lockedUntil }
      expectProperties(await submit(await good()), locked)
      expectProperties(await submit(await good(other), { deviceId: other.persistentId }), locked)
      otp.clock.advance(900)
      expectAccepted(await submit(await good()))
    },
  ],
  [
    'causes no wait in another lane, and a success there does not clear its failures',
    async ({ submit, good, row, otp, kind, fixture }) => {
      for (let failures = 0; failures < 6; failures += 1) {
        otp.clock.advance(2 ** failures)
        await submit(fixture.wrongToken)
      }
      const elsewhere = await submit(await good(), { asker: { lane: 'sign_in', by: 'owner' } })
      assert.equal(elsewhere.ok, kind.unguessable === true)
      expectAccepted(await submit(await good(), { asker: { lane: 'known_browser', by: 'owner' } }))
      otp.clock.advance(30)
      expectAccepted(await submit(await good(), { asker: { lane: 'session', by: 'owner' } }))
      expectProperties(await row(), { failure_count: 6 })
    },
  ],
  [
    'counts no failures and is not throttled if the requester has proved nothing',
    async ({ submit, good, row, fixture }) => {
      const asker = { lane: 'sign_in', counts: false } as const
      await submit(fixture.wrongToken, { asker })
      expectProperties(await row(), { failure_count: 0, failed_at: null })
      await submit(fixture.wrongToken)
      expectAccepted(await submit(await good(), { asker }))
    },
  ],
  [
    'emits an event for a failure, but not while it is throttled',
    async ({ submit, otp, fixture }) => {
      const emitted: number[] = []
      otp.events.on('verificationFailed', ({ failureCount }) => void emitted.push(failureCount))
      await submit(fixture.wrongToken)
      await submit(fixture.wrongToken)
      assert.deepEqual(emitted, [1])
    },
  ],
]
