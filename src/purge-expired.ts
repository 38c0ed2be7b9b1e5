import type { Logger } from 'pino'
import { runStatement, type AttachedStatement } from './db/run-statement.js'
import { correctFutureTimes } from './db/correct-future-times.js'
import { purgeUnconfirmedDevices } from './otp/devices/purge-unconfirmed-devices.js'
import type { AccountServices } from './account/account-services.js'
import { errorForLog } from './error-for-log.js'
import { REMEMBERED_SECONDS } from './auth/known-browser.js'
import { FORGOTTEN_AFTER } from './auth/password/password-statements.js'
import { COUNTED_SECONDS } from './otp/sql/send-limit.js'

/** Milliseconds between two purges by one process. */
const EVERY_MS = 60_000
/** Milliseconds until the first one, which also corrects times from before the restart, when the clock was wrong. */
const FIRST_MS = 5_000

/**
 * Purges expired rows every minute: unconfirmed devices, unused links, forms saved for a step-up,
 * stored responses of forms, and browsers that are no longer trusted. Also sessions beyond a user's
 * limit. Every process does this.
 *
 * @returns a function that stops it
 */
export function schedulePurge(account: AccountServices, log: Logger): () => void {
  const run = () => {
    purgeExpired(account)
      .then(
        (ahead) =>
          ahead > 0 &&
          log.warn({ rows: ahead }, 'stored times were in the future and are treated as now, check the clock'),
      )
      .catch((error: unknown) => log.error({ err: errorForLog(error) }, 'could not purge expired rows'))
  }
  const timer = setInterval(run, EVERY_MS).unref()
  const first = setTimeout(run, FIRST_MS).unref()
  return () => {
    clearInterval(timer)
    clearTimeout(first)
  }
}

/**
 * Purges once. Used links are removed with the expired ones, because the audit log records their use.
 *
 * @returns the number of rows whose times were in the future and were corrected
 */
export async function purgeExpired({
  otp,
  database,
  clock,
}: Pick<AccountServices, 'otp' | 'database' | 'clock'>): Promise<number> {
  await purgeUnconfirmedDevices(otp)
  const now = clock.now()
  const codeTables = otp.everyKind.filter(({ challenge }) => challenge).map(({ table }) => table)
  const ahead = await correctFutureTimes(database, now, codeTables)
  for (const { sql, values } of purgeStatements(now)) await runStatement(database, undefined, sql, values)
  return ahead
}

/** The limit of a user's sessions, and separately of their sessions that wait for a token. */
export const MAX_SESSIONS_PER_USER = 100

/** Tables with a column `expires_at`. */
const EXPIRING = ['one_time_links', 'kept_requests', 'repeated_forms', 'trusted_browsers', 'webauthn_challenges']

/** Returns the statements that remove expired rows, and the oldest sessions of users who have too many. */
export function purgeStatements(now: Date): AttachedStatement[] {
  const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)
  return [
    ...EXPIRING.map((table) => ({ sql: `delete from ${table} where expires_at <= $now`, values: { now } })),
    { sql: 'delete from rate_limits where expire <= $now', values: { now: now.getTime() } },
    { sql: 'delete from password_failures where failed_at <= $before', values: { before: before(FORGOTTEN_AFTER) } },
    { sql: 'delete from challenge_sends where at <= $before', values: { before: before(COUNTED_SECONDS) } },
    { sql: PURGE_KNOWN_BROWSERS, values: { before: before(REMEMBERED_SECONDS) } },
    { sql: SURPLUS_SESSIONS, values: {} },
  ]
}

// The last one stays until the next sign-in. Otherwise that would look like the account's first, and its
// owner would not be notified of a new browser.
const PURGE_KNOWN_BROWSERS = `
delete from known_browsers b where seen_at < $before and exists (
  select from known_browsers n where n.user_id = b.user_id and (n.seen_at, n.id) > (b.seen_at, b.id)
)`

// Sessions that wait for a token are counted separately, so that nobody can end verified ones with only the password.
const SURPLUS_SESSIONS = `
delete from sessions where sid in (
  select sid from (
    select sid, row_number() over (
      partition by sess ->> 'userId', sess -> 'pending' ->> 'userId' order by expire desc, sid
    ) as place
    from sessions where sess ->> 'userId' is not null or sess -> 'pending' ->> 'userId' is not null
  ) ranked where place > ${MAX_SESSIONS_PER_USER}
)`
