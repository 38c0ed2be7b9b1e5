import assert from 'node:assert/strict'
import { devicesForUser } from '../otp/devices-for-user.js'
import { matchToken } from '../otp/match-token.js'
import { expectAccepted, expectInvalid, expectProperties, expectRejected } from './expect.js'
import { type AnsweredChallenge, createContractUser, type StagedCheck } from './harness.js'

const tokenIn = (given: string | AnsweredChallenge) => (typeof given === 'string' ? given : given.token)

/** Input that users or attackers might submit instead of a token. */
const hostile: readonly (readonly [what: string, token: string])[] = [
  ['nothing', ''],
  ['a blank', ' '],
  ['one digit', '0'],
  ['5000 letters', 'x'.repeat(5000)],
  ['three full-width digits', '１２３'],
  ['a text that runs backwards', '\u202e123456'],
  ['a piece of SQL', "' or true --"],
  ['18 digits', '123456789012345678'],
]

/** Checks which tokens a device accepts, and from which users. */
export const tokenChecks: readonly StagedCheck[] = [
  [
    'accepts a right token and says when it was last used',
    async ({ submit, good, row, otp }) => {
      expectAccepted(await submit(await good()))
      expectProperties(await row(), { failure_count: 0, failed_at: null, last_used_at: otp.clock.now() })
    },
  ],
  [
    'knows its tokens by their shape',
    async ({ kind, good, fixture }) => {
      assert.equal(kind.matchesFormat(tokenIn(await good())), true)
      assert.equal(kind.matchesFormat(fixture.wrongToken), true)
    },
  ],
  [
    'accepts no token twice',
    async ({ submit, good, otp }) => {
      const token = await good()
      await submit(token)
      otp.clock.advance(10)
      expectInvalid(await submit(token))
    },
  ],
  [
    'counts a wrong token and does not say that it was used',
    async ({ submit, row, otp, fixture }) => {
      expectInvalid(await submit(fixture.wrongToken))
      expectProperties(await row(), { failure_count: 1, failed_at: otp.clock.now(), last_used_at: null })
    },
  ],
  ...hostile.map(([what, token]): StagedCheck => [
    `refuses ${what} without a fault`,
    async ({ submit }) => expectInvalid(await submit(token)),
  ]),
  [
    'verifies nobody else',
    async ({ submit, good, row, otp }) => {
      const stranger = await createContractUser(otp)
      expectInvalid(await submit(await good(), { by: stranger }))
      expectProperties(await row(), { failure_count: 0, last_used_at: null })
    },
  ],
  [
    'is found by matching, unless its token answers a challenge: then it is not asked',
    async ({ good, otp, userId, device, row }) => {
      const given = await good()
      const matched = await matchToken(otp, { userId, token: tokenIn(given) })
      if (typeof given !== 'string') expectInvalid(matched)
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
    'accepts one of ten submissions of one token at once',
    async ({ submit, good, otp }) => {
      otp.settings.throttleFactor = 0
      const given = await good()
      const verifications = await Promise.all(Array.from({ length: 10 }, () => submit(given)))
      assert.equal(verifications.filter(({ ok }) => ok).length, 1)
    },
  ],
  [
    'tells its handlers inside the transaction, and a handler that throws undoes it',
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
    'verifies no inactive user',
    async ({ submit, good, otp, userId }) => {
      await otp.database.models.User.update({ is_active: false }, { where: { id: userId } })
      expectRejected(await submit(await good()))
    },
  ],
]
