import type { Request } from 'express'
import { recordEvent } from '../audit.js'
import { runStatement } from '../db/run-statement.js'
import { describeOrigin } from '../http/describe-origin.js'
import { loggablePath } from '../http/loggable-path.js'
import type { Auth } from './auth.js'

declare module 'express-session' {
  interface SessionData {
    /** When it was last told that the policy kept this session out, in milliseconds since 1970. */
    policyToldAt: number
  }
}

const TOLD_EVERY_MS = 15 * 60_000

/**
 * Tells that the policy kept somebody out, and writes it into the audit trail: once for a
 * session in a quarter of an hour, however many of its requests come at once.
 */
export async function tellBlocked(auth: Auth, req: Request, userId: number): Promise<void> {
  const at = auth.clock.now()
  const before = at.getTime() - TOLD_EVERY_MS
  if ((req.session.policyToldAt ?? 0) > before) return
  const first = await runStatement(auth.database, undefined, TELL, { sid: req.sessionID, at: at.getTime(), before })
  if (first.length === 0) return
  const path = loggablePath(req.originalUrl)
  const origin = describeOrigin(req)
  await recordEvent(auth.database, undefined, { event: 'policy_blocked', at, userId, origin, details: { path } })
  auth.otp.events.tell('policyBlocked', { userId, at, origin, path })
}

// In the row, not by way of the request's session: of many at once one is the first.
const TELL = `
update sessions set sess = (sess::jsonb || jsonb_build_object('policyToldAt', $at::float8))::json
where sid = $sid and coalesce((sess ->> 'policyToldAt')::float8, 0) <= $before returning sid`
