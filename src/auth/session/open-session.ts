import type { Request } from 'express'
import type { SessionData } from 'express-session'
import { SessionStore } from '../../http/sessions/session-store.js'
import type { Device } from '../../otp/device.js'
import type { Opening } from '../../otp/throttle/opening.js'

/** The session that an accepted token starts. */
export interface SessionToOpen {
  /** Returns the session's data. */
  dataFor(device: Device): Partial<SessionData>
  /** Whether to start it even if the request's session has ended in the meantime. Default: false. */
  afresh?: boolean
}

/** The user signed out during the verification, or another token was accepted first. No token was consumed. */
export type SessionEnded = { ok: false; reason: 'session_ended' }

/**
 * Verifies a token and starts its session in one transaction, so that the token is consumed only
 * if the session is stored. If several requests use one session at once, only one of them
 * succeeds, and the tokens of the others are not consumed.
 *
 * @param verify passes the opening to `verifyToken`, `matchToken` or `confirmDevice`
 */
export async function openSession<Outcome extends { ok: boolean }>(
  req: Request,
  { dataFor, afresh = false }: SessionToOpen,
  verify: (opens: Opening) => Promise<Outcome>,
): Promise<Outcome | SessionEnded> {
  const { session, sessionID, sessionStore } = req
  if (!(sessionStore instanceof SessionStore)) throw new Error('The request has no session of this site.')
  let ended = false
  let isOpen = false
  try {
    const outcome = await verify(async (transaction, device) => {
      const opened = await sessionStore.replace(req, dataFor(device), { transaction, afresh })
      ended = !opened
      return opened
    })
    isOpen = outcome.ok
    return ended ? { ok: false, reason: 'session_ended' } : outcome
  } finally {
    // After a rollback, the new session must not be saved with the response.
    if (!isOpen) Object.assign(req, { session, sessionID })
  }
}
