import type { Request } from 'express'

/** What a browser's call is for: to add a device, to verify with one, or to sign in with one alone. */
export type ChallengePurpose = 'add' | 'verify' | 'sign_in'

declare module 'express-session' {
  interface SessionData {
    /** The browser's current challenge: its ID in `webauthn_challenges`, and its purpose. */
    keyChallenge: { id: string; purpose: ChallengePurpose }
  }
}

/** Stores this session's challenge for the browser. A new one replaces the old one. */
export function keepKeyChallenge(req: Request, purpose: ChallengePurpose, id: string): void {
  req.session.keyChallenge = { id, purpose }
}

/**
 * Returns and removes this session's challenge, so that it is used only once.
 *
 * @returns the challenge's ID, or null if there is none for this purpose
 */
export function takeKeyChallenge(req: Request, purpose: ChallengePurpose): string | null {
  const { keyChallenge } = req.session
  delete req.session.keyChallenge
  return keyChallenge?.purpose === purpose ? keyChallenge.id : null
}
