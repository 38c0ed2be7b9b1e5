import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { Asker } from '../otp/throttle/failures.js'

declare module 'express-session' {
  interface SessionData {
    /** Identifies the wrong codes of this browser, so that a sign-in clears only these. */
    asker: string
  }
}

export const newAsker = () => randomBytes(9).toString('base64url')

/**
 * Identifies a requester who entered the correct password.
 *
 * @param known whether this user has signed in with a second factor in this browser before
 */
export function signInAsker(req: Request, known: boolean): Asker {
  return { lane: known ? 'known_browser' : 'sign_in', by: req.session.asker ?? newAsker() }
}

/** Identifies a verified session that submits another token. */
export function sessionAsker(req: Request): Asker {
  req.session.asker ??= newAsker()
  return { lane: 'session', by: req.session.asker }
}

/** For a sign-in by passkey, whose user is known only after the verification. */
export const noAsker: Asker = { lane: 'sign_in', counts: false }
