import type { Request } from 'express'
import { findKey } from '../../otp/webauthn/find-key.js'
import { parseAnswer } from '../../otp/webauthn/parse-response.js'
import type { Auth } from '../auth.js'
import { takeKeyChallenge } from './key-challenge.js'

/** Which device is asked about a key's answer, and for which challenge. */
export interface KeyAnswerRead {
  deviceId: string
  challenge: string | null
}

/**
 * What a posted token says where a security key gave it: any of a person's keys may answer,
 * and the answer tells which one did. Whose it is, `verifyToken` asks.
 *
 * @returns null where no key gave it
 */
export async function readKeyAnswer(auth: Auth, req: Request, token: string): Promise<KeyAnswerRead | null> {
  if (!parseAnswer(token)) return null
  const challenge = takeKeyChallenge(req, 'verify')
  const key = await findKey(auth.otp, token)
  return { deviceId: key?.deviceId ?? '', challenge }
}
