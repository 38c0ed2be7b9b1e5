import type { Request } from 'express'
import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { readClientInfo } from '../../http/client/read-client-info.js'
import { loggablePath } from '../../http/paths/loggable-path.js'
import type { Auth } from '../auth.js'

declare module 'express-session' {
  interface SessionData {
    /** When it was last recorded that the policy blocked this session, in milliseconds since 1970. */
    policyBlockedAt: number
  }
}

const RECORD_EVERY_MS = 15 * 60_000

/**
 * Emits an event and writes to the audit log that the policy blocked a user: once in 15 minutes for
 * a session, even if many of its requests arrive at once.
 */
export async function recordPolicyBlock(auth: Auth, req: Request, userId: number): Promise<void> {
  const at = auth.clock.now()
  const before = at.getTime() - RECORD_EVERY_MS
  if ((req.session.policyBlockedAt ?? 0) > before) return
  const first = await runStatement(auth.database, undefined, TELL, { sid: req.sessionID, at: at.getTime(), before })
  if (first.length === 0) return
  const path = loggablePath(req.originalUrl)
  const client = readClientInfo(req)
  await recordAuditEvent(auth.database, undefined, { event: 'policy_blocked', at, userId, client, details: { path } })
  auth.otp.events.emitAfter('policyBlocked', { userId, at, client, path })
}

// Updates the row instead of the request's session, so that only one of many requests succeeds.
const TELL = `
update sessions set sess = (sess::jsonb || jsonb_build_object('policyBlockedAt', $at::float8))::json
where sid = $sid and case json_typeof(sess -> 'policyBlockedAt')
  when 'number' then (sess ->> 'policyBlockedAt')::float8 else 0 end <= $before returning sid`
