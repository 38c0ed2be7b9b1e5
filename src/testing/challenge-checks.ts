import { createChallenge } from '../otp/challenges/browser-challenges.js'
import { expectAccepted, expectInvalid } from './expect.js'
import { type AnsweredChallenge, createContractUser, type StagedCheck } from './harness.js'

const answerOf = (submission: string | AnsweredChallenge): AnsweredChallenge =>
  typeof submission === 'string' ? { token: submission, challenge: '' } : submission

/** Checks a kind whose tokens answer a challenge of the session that is not sent. */
export const challengeChecks: readonly StagedCheck[] = [
  [
    'rejects an answer to the challenge of another session',
    async ({ submit, good }) => {
      const [first, second] = [answerOf(await good()), answerOf(await good())]
      expectInvalid(await submit({ token: first.token, challenge: second.challenge }))
    },
  ],
  [
    'rejects an answer if the session has no challenge',
    async ({ submit, good }) => expectInvalid(await submit(answerOf(await good()).token)),
  ],
  [
    'rejects an answer after five minutes, and accepts it before',
    async ({ submit, good, otp }) => {
      const [early, late] = [await good(), await good()]
      otp.clock.advance(299)
      expectAccepted(await submit(early))
      otp.clock.advance(1)
      expectInvalid(await submit(late))
    },
  ],
  [
    'rejects an answer whose challenge was replaced',
    async ({ submit, good, otp, userId }) => {
      const answer = answerOf(await good())
      await createChallenge(otp, 'verify', { userId, replaces: answer.challenge })
      expectInvalid(await submit(answer))
    },
  ],
  [
    'rejects an answer that another user’s session submits for their own device',
    async ({ submit, good, otp, fixture }) => {
      const otherUserId = await createContractUser(otp)
      const other = await fixture.add(otp, otherUserId)
      expectInvalid(await submit(await good(), { by: otherUserId, deviceId: other.persistentId }))
    },
  ],
]
