import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { Asker } from '../otp/failures.js'

declare module 'express-session' {
  interface SessionData {
    /** Names this browser's wrong codes, so that signing in forgets them and no others. */
    asker: string
  }
}

export const newAsker = () => randomBytes(9).toString('base64url')

/** Someone whose password was right. @param known with a second factor this person has signed in here before */
export function signInAsker(req: Request, known: boolean): Asker {
  return { lane: known ? 'known_browser' : 'sign_in', by: req.session.asker ?? newAsker() }
}

/** A verified session that gives another token. */
export function sessionAsker(req: Request): Asker {
  req.session.asker ??= newAsker()
  return { lane: 'session', by: req.session.asker }
}

/** Nobody yet: a passkey alone has to name the person. */
export const noAsker: Asker = { lane: 'sign_in', counts: false }
