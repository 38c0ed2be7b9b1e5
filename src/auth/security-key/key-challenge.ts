import type { Request } from 'express'
import type { ChallengePurpose } from '../../otp/webauthn/create-challenge.js'

declare module 'express-session' {
  interface SessionData {
    /** What this browser last asked a security key: the id in `webauthn_challenges`, and what for. */
    keyChallenge: { id: string; purpose: ChallengePurpose }
  }
}

/** Remembers what this session asks a security key. One question at a time: a new one is in place of the old one. */
export function keepKeyChallenge(req: Request, purpose: ChallengePurpose, id: string): void {
  req.session.keyChallenge = { id, purpose }
}

/**
 * Takes out what this session has asked. Whatever becomes of the answer, it is not asked again.
 *
 * @returns the challenge's id, or null where nothing was asked for this purpose
 */
export function takeKeyChallenge(req: Request, purpose: ChallengePurpose): string | null {
  const { keyChallenge } = req.session
  delete req.session.keyChallenge
  return keyChallenge?.purpose === purpose ? keyChallenge.id : null
}
