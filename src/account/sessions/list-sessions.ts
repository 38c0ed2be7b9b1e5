import { runStatement } from '../../db/run-statement.js'
import { INACTIVITY_SECONDS } from '../../http/sessions/session-store.js'
import type { AccountServices } from '../account-services.js'

/** A browser in which the user is signed in. */
export interface OwnSession {
  /** Identifies the session in a form. A keyed hash, because anyone with the session's ID has the session. */
  handle: string
  /** Null if unknown. */
  browser: string | null
  address: string | null
  signedInAt: Date
  /** To the minute. */
  lastSeenAt: Date
  /** Whether it is the requesting session. */
  isThis: boolean
}

interface SessionRow {
  sid: string
  browser: string | null
  address: string | null
  signed_in_at: number
  expire: Date
}

/** Lists the user's valid sessions: first the requesting one, then by last use. */
export async function listSessions(account: AccountServices, userId: number, thisSid: string): Promise<OwnSession[]> {
  const rows = await readSessions(account, userId)
  const sessions = rows.map((row) => ({
    handle: getHandles(account, row.sid)[0] ?? '',
    browser: row.browser,
    address: row.address,
    signedInAt: new Date(row.signed_in_at),
    lastSeenAt: new Date(row.expire.getTime() - INACTIVITY_SECONDS * 1000),
    isThis: row.sid === thisSid,
  }))
  return sessions.toSorted((one, other) => Number(other.isThis) - Number(one.isThis))
}

/** Finds the user's session that a form identifies. @returns its ID */
export async function findSession(account: AccountServices, userId: number, handle: string): Promise<string | null> {
  const rows = await readSessions(account, userId)
  return rows.find(({ sid }) => getHandles(account, sid).includes(handle))?.sid ?? null
}

function readSessions({ database, clock }: AccountServices, userId: number): Promise<SessionRow[]> {
  return runStatement<SessionRow>(database, undefined, SESSIONS, { userId: String(userId), now: clock.now() })
}

/** Returns the handles with every key, because a process with another newest key may have rendered the page. */
function getHandles({ keys }: AccountServices, sid: string): string[] {
  return keys.handles('sessions.sid', sid)
}

// Nothing is converted that a session stored by hand can break: the list also has to work if another one is broken.
const SESSIONS = `
select s.sid, s.sess ->> 'browser' as browser, s.sess ->> 'address' as address,
  case json_typeof(s.sess -> 'signedInAt')
    when 'number' then least(greatest((s.sess ->> 'signedInAt')::numeric, 0), 8.64e15)::float8 else 0 end as signed_in_at,
  s.expire
from sessions s join users u on u.id = ($userId::text)::int
where s.sess ->> 'userId' = $userId::text and s.expire > $now and s.sess ->> 'epoch' = u.auth_epoch::text
order by s.expire desc, s.sid`
