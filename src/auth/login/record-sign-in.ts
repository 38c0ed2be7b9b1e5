import type { Request } from 'express'
import { runStatement } from '../../db/run-statement.js'
import { preferredLanguage } from '../../http/negotiate-language.js'
import { readClientInfo } from '../../http/read-client-info.js'
import type { Auth } from '../auth.js'

/** Rejected codes that were probably entered by someone else. */
interface RefusedTries {
  count: number
  /** The newest, in milliseconds since 1970, and where it came from. */
  at: number
  address: string | null
  browser: string | null
}

declare module 'express-session' {
  interface SessionData {
    /** Failed attempts at the user's second factor since their previous sign-in, which a banner still has to show. */
    refusedTries: RefusedTries
  }
}

/**
 * Records a sign-in, and stores in its session the failed attempts at the user's second factor since
 * the previous one. Failures from the same IP address and browser are left out.
 */
export async function recordSignIn(auth: Auth, req: Request, userId: number, now: Date): Promise<void> {
  const { address, browser } = readClientInfo(req)
  const language = preferredLanguage(req.acceptsLanguages())
  const [newest] = await runStatement<{ count: number; at: Date; address: string | null; browser: string | null }>(
    auth.database,
    undefined,
    REMEMBER,
    { userId, now, language, address, browser },
  )
  if (newest) req.session.refusedTries = { ...newest, at: newest.at.getTime() }
}

// Both parts see the user's row as it was before. The partial index contains rejected tokens only, so other
// events do not slow this down. Forged passkeys, submitted without the password, are left out. If there is a
// cause, the signature was valid. Emails and calls use the browser's language if the user has chosen none.
const REMEMBER = `
with remembered as (
  update users set last_login_at = $now, browser_language = $language where id = $userId
)
select count(*) over ()::int as count, e.at, e.address, e.browser
from audit_events e join users u on u.id = e.user_id
where e.user_id = $userId and e.event = 'token_refused' and e.at > coalesce(u.last_login_at, u.created_at)
  and (e.details -> 'without_password' is null or e.details -> 'because' is not null)
  and (e.address is distinct from $address::text or e.browser is distinct from $browser::text)
order by e.id desc limit 1`
