import type { Request } from 'express'
import { runStatement } from '../../db/run-statement.js'
import { preferredLanguage } from '../../http/choose-language.js'
import { describeOrigin } from '../../http/describe-origin.js'
import type { Auth } from '../auth.js'

/** Codes that were refused to somebody else, by all appearances. */
interface RefusedTries {
  count: number
  /** The newest, in milliseconds since 1970, and where it came from. */
  at: number
  address: string | null
  browser: string | null
}

declare module 'express-session' {
  interface SessionData {
    /** What this session still has to tell its owner: tries at his second factor since his sign-in before (S-46). */
    refusedTries: RefusedTries
  }
}

/**
 * Remembers a sign-in, and puts into its session what was tried at the person's second factor
 * since the one before. Slips from this very browser are not told.
 */
export async function rememberSignIn(auth: Auth, req: Request, userId: number, now: Date): Promise<void> {
  const { address, browser } = describeOrigin(req)
  const language = preferredLanguage(req.acceptsLanguages())
  const [newest] = await runStatement<{ count: number; at: Date; address: string | null; browser: string | null }>(
    auth.database,
    undefined,
    REMEMBER,
    { userId, now, language, address, browser },
  )
  if (newest) req.session.refusedTries = { ...newest, at: newest.at.getTime() }
}

// Both parts see the user as he was before. The partial index holds refused tokens only, so nothing else
// in the trail can hide them or slows this down. A passkey that a stranger made up, without the password,
// says nothing to its owner; where there is a cause, its signature was right.
// Mails and calls speak the browser's language where the user has chosen none.
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
