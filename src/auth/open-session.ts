import type { Request } from 'express'
import type { SessionData } from 'express-session'
import { SessionStore } from '../http/session-store.js'
import type { Device } from '../otp/device.js'
import type { Opening } from '../otp/opening.js'

/** What a token opens a session with. */
export interface SessionToOpen {
  /** What the session holds. */
  holds(device: Device): Partial<SessionData>
  /** Also where the request's own session has ended meanwhile: it brings all that is needed itself. */
  afresh?: boolean
}

/** Signed out while the token was judged, or another token came first. Nothing was used up. */
export type SessionEnded = { ok: false; reason: 'session_ended' }

/**
 * Verifies a token together with the session that it opens, in one commit: the token is used
 * up only where the session comes into being. Of racers with one session one gets through,
 * and the others keep their tokens.
 *
 * @param verify hands the opening to `verifyToken`, `matchToken` or `confirmDevice`
 */
export async function openSession<Outcome extends { ok: boolean }>(
  req: Request,
  { holds, afresh = false }: SessionToOpen,
  verify: (opens: Opening) => Promise<Outcome>,
): Promise<Outcome | SessionEnded> {
  const { session, sessionID, sessionStore } = req
  if (!(sessionStore instanceof SessionStore)) throw new Error('The request has no session of this site.')
  let ended = false
  let stands = false
  try {
    const outcome = await verify(async (transaction, device) => {
      const opened = await sessionStore.exchange(req, holds(device), { transaction, afresh })
      ended = !opened
      return opened
    })
    stands = outcome.ok
    return ended ? { ok: false, reason: 'session_ended' } : outcome
  } finally {
    // What was undone with the token must not be saved with the answer.
    if (!stands) Object.assign(req, { session, sessionID })
  }
}
