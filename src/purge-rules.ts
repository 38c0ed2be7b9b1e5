import { REMEMBERED_SECONDS } from './auth/known-browser.js'
import { FORGOTTEN_AFTER } from './auth/password-statements.js'
import type { AttachedStatement } from './db/run-statement.js'
import { COUNTED_SECONDS } from './otp/sql/send-limit.js'

/** So many sessions a person can have at once, and as many more in which a token is awaited. */
export const SESSIONS_OF_A_PERSON = 100

/** What expires, by the column that says when. */
const EXPIRING = ['one_time_links', 'kept_requests', 'repeated_forms', 'trusted_browsers', 'webauthn_challenges']

/** Removes whatever has expired, and the oldest sessions of people who have too many. */
export function sweeps(now: Date): AttachedStatement[] {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  return [
    ...EXPIRING.map((table) => ({ sql: `delete from ${table} where expires_at <= $now`, values: { now } })),
    { sql: 'delete from rate_limits where expire <= $now', values: { now: now.getTime() } },
    { sql: 'delete from password_failures where failed_at <= $before', values: { before: before(FORGOTTEN_AFTER) } },
    { sql: 'delete from challenge_sends where at <= $before', values: { before: before(COUNTED_SECONDS) } },
    { sql: FORGET_BROWSERS, values: { before: before(REMEMBERED_SECONDS) } },
    { sql: SURPLUS_SESSIONS, values: {} },
  ]
}

// The last one stays until the next sign-in, which would otherwise be taken for the account's first, and
// its owner would not be notified of a new browser.
const FORGET_BROWSERS = `
delete from known_browsers b where seen_at < $before and exists (
  select from known_browsers n where n.user_id = b.user_id and (n.seen_at, n.id) > (b.seen_at, b.id)
)`

// Sessions that wait for a token are counted apart: with the password alone nobody can end verified ones.
const SURPLUS_SESSIONS = `
delete from sessions where sid in (
  select sid from (
    select sid, row_number() over (
      partition by sess ->> 'userId', sess -> 'pending' ->> 'userId' order by expire desc, sid
    ) as place
    from sessions where sess ->> 'userId' is not null or sess -> 'pending' ->> 'userId' is not null
  ) ranked where place > ${SESSIONS_OF_A_PERSON}
)`
