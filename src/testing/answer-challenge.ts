import { createChallenge } from '../otp/challenges/browser-challenges.js'
import type { Device } from '../otp/device.js'
import type { Otp } from '../otp/otp.js'
import type { AnsweredChallenge } from './harness.js'

/**
 * Answers a new challenge of a session, as the kind's script does in a browser, for `goodToken` of a
 * kind with `browser`.
 *
 * @param otp the core that `goodToken` gets
 * @param device the device that answers
 * @param answer computes the device's answer to the challenge's value
 * @returns the token, and the challenge that the session stores
 * @example goodToken: (otp, device) => answerChallenge(otp, device, (challenge) => sign(challenge))
 */
export async function answerChallenge(
  otp: Otp,
  device: Device,
  answer: (challenge: string) => string | Promise<string>,
): Promise<AnsweredChallenge> {
  const { id, challenge } = await createChallenge(otp, 'verify', { userId: device.userId, kind: device.kind })
  return { token: `${device.persistentId}.${challenge}.${await answer(challenge)}`, challenge: id }
}
