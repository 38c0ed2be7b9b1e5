import type { Request } from 'express'
import { findKey } from '../../otp/webauthn/find-key.js'
import { parseAnswer } from '../../otp/webauthn/parse-response.js'
import type { Auth } from '../auth.js'
import { takeKeyChallenge } from './key-challenge.js'

/** The device that verifies a security key's response, and the challenge. */
export interface KeyAnswerRead {
  deviceId: string
  challenge: string | null
}

/**
 * Reads a submitted token that is a security key's response. It can come from any of the user's
 * keys, and names the one that it is from. `verifyToken` checks the owner.
 *
 * @returns null if it is not such a response
 */
export async function readKeyAnswer(auth: Auth, req: Request, token: string): Promise<KeyAnswerRead | null> {
  if (!parseAnswer(token)) return null
  const challenge = takeKeyChallenge(req, 'verify')
  const key = await findKey(auth.otp, token)
  return { deviceId: key?.deviceId ?? '', challenge }
}
