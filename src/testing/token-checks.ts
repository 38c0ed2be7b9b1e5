import assert from 'node:assert/strict'
import { devicesForUser } from '../otp/devices/devices-for-user.js'
import { matchToken } from '../otp/tokens/match-token.js'
import { expectAccepted, expectInvalid, expectProperties, expectRejected } from './expect.js'
import { type AnsweredChallenge, createContractUser, type StagedCheck } from './harness.js'

const readToken = (submission: string | AnsweredChallenge) =>
  typeof submission === 'string' ? submission : submission.token

/** Input that users or attackers might submit instead of a token. */
const hostile: readonly (readonly [what: string, token: string])[] = [
  ['an empty token', ''],
  ['a space', ' '],
  ['one digit', '0'],
  ['5000 letters', 'x'.repeat(5000)],
  ['three full-width digits', '１２３'],
  ['digits after a direction override', '\u202e123456'],
  ['SQL', "' or true --"],
  ['18 digits', '123456789012345678'],
]

/** Checks which tokens a device accepts, and from which users. */
export const tokenChecks: readonly StagedCheck[] = [
  [
    'accepts a correct token and stores when it was last used',
    async ({ submit, good, row, otp }) => {
      expectAccepted(await submit(await good()))
      expectProperties(await row(), { failure_count: 0, failed_at: null, last_used_at: otp.clock.now() })
    },
  ],
  [
    'recognises its tokens by their format',
    async ({ kind, good, fixture }) => {
      assert.equal(kind.matchesFormat(readToken(await good())), true)
      assert.equal(kind.matchesFormat(fixture.wrongToken), true)
    },
  ],
  [
    'rejects a token that was already used',
    async ({ submit, good, otp }) => {
      const token = await good()
      await submit(token)
      otp.clock.advance(10)
      expectInvalid(await submit(token))
    },
  ],
  [
    'counts a wrong token and does not store a use',
    async ({ submit, row, otp, fixture }) => {
      expectInvalid(await submit(fixture.wrongToken))
      expectProperties(await row(), { failure_count: 1, failed_at: otp.clock.now(), last_used_at: null })
    },
  ],
  ...hostile.map(([what, token]): StagedCheck => [
    `rejects ${what} without an error`,
    async ({ submit }) => expectInvalid(await submit(token)),
  ]),
  [
    'verifies nobody but its owner',
    async ({ submit, good, row, otp }) => {
      const otherUserId = await createContractUser(otp)
      expectInvalid(await submit(await good(), { by: otherUserId }))
      expectProperties(await row(), { failure_count: 0, last_used_at: null })
    },
  ],
  [
    'is found by matching, unless its token answers a challenge: then it is not verified',
    async ({ good, otp, userId, device, row }) => {
      const submission = await good()
      const matched = await matchToken(otp, { userId, token: readToken(submission) })
      if (typeof submission !== 'string') expectInvalid(matched)
      else if (matched.ok) assert.equal(matched.device.persistentId, device.persistentId)
      else assert.fail(`The token was not matched: ${matched.reason}`)
      expectProperties(await row(), { failure_count: 0 })
    },
  ],
  [
    'is listed with its owner’s devices',
    async ({ otp, userId, device }) => {
      const listed = await devicesForUser(otp, userId)
      assert.deepEqual(
        listed.map(({ persistentId }) => persistentId),
        [device.persistentId],
      )
    },
  ],
  [
    'accepts only one of ten simultaneous submissions of a token',
    async ({ submit, good, otp }) => {
      otp.settings.throttleFactor = 0
      const submission = await good()
      const verifications = await Promise.all(Array.from({ length: 10 }, () => submit(submission)))
      assert.equal(verifications.filter(({ ok }) => ok).length, 1)
    },
  ],
  [
    'calls its handlers inside the transaction, and a handler that throws rolls it back',
    async ({ submit, good, otp, row }) => {
      const stop = otp.events.on('userVerified', () => {
        throw new Error('vetoed')
      })
      await assert.rejects(submit(await good()), /vetoed/)
      stop()
      expectProperties(await row(), { last_used_at: null, failure_count: 0 })
    },
  ],
  [
    'does not verify an inactive user',
    async ({ submit, good, otp, userId }) => {
      await otp.database.models.User.update({ is_active: false }, { where: { id: userId } })
      expectRejected(await submit(await good()))
    },
  ],
]
