import type { Database } from './connect.js'

/**
 * Replaces times that were stored while a clock was ahead with the current time. Code that
 * reads such times ignores them while they lie in the future; without this, they would
 * take effect when the clock reaches them.
 *
 * @param codeTables tables of the kinds of device that send codes
 * @returns number of rows changed
 */
export async function correctFutureTimes(
  { pool, jobsSchema }: Pick<Database, 'pool' | 'jobsSchema'>,
  now: Date,
  codeTables: readonly string[],
): Promise<number> {
  let settled = 0
  for (const sql of [...STATEMENTS, ...codeTables.flatMap(codeStatements)])
    settled += (await pool.query(sql, [now])).rowCount ?? 0
  // The queue uses the clock of the database. graphile-worker delays a job by at most e^attempts seconds.
  const { rowCount } = await pool.query(
    `select ${jobsSchema}.reschedule_jobs(array[id], run_at := now()) from ${jobsSchema}.jobs
     where locked_at is null and run_at > now() + (exp(least(attempts, 10)) + 60) * interval '1 second'`,
  )
  return settled + (rowCount ?? 0)
}

/** Clocks of several processes differ by less than this. */
const AHEAD = "$1::timestamptz + interval '5 seconds'"

/** Since when a policy applies to a user, when they were last warned of failures, and when they last signed in. */
const USER_TIMES = ['policy_since', 'warned_at', 'own_warned_at', 'last_login_at'] as const

/** The current time in the format of `users.token_failures`. */
const MILLISECONDS = 'floor(extract(epoch from $1::timestamptz) * 1000)::bigint'

const STATEMENTS = [
  `update sessions set expire = $1::timestamptz + interval '1 hour' where expire > ${AHEAD} + interval '1 hour'`,
  `update one_time_links set expires_at = expires_at - (created_at - $1::timestamptz), created_at = $1::timestamptz where created_at > ${AHEAD}`,
  `update trusted_browsers set expires_at = expires_at - (created_at - $1::timestamptz), created_at = $1::timestamptz, rotated_at = least(rotated_at, $1::timestamptz)
   where created_at > ${AHEAD}`,
  `update trusted_browsers set rotated_at = $1::timestamptz where rotated_at > ${AHEAD}`,
  `update kept_requests set expires_at = $1::timestamptz where expires_at > ${AHEAD} + interval '5 minutes'`,
  `update webauthn_challenges set expires_at = $1::timestamptz where expires_at > ${AHEAD} + interval '5 minutes'`,
  `update known_browsers set seen_at = $1::timestamptz where seen_at > ${AHEAD}`,
  `update users set ${USER_TIMES.map((column) => `${column} = case when ${column} > ${AHEAD} then $1::timestamptz else ${column} end`).join(', ')}
   where ${USER_TIMES.map((column) => `${column} > ${AHEAD}`).join(' or ')}`,
  // Failures are also corrected when they are read; this corrects them for accounts without an attempt in between.
  `update users set token_failed_at = array(select least(at, $1::timestamptz) from unnest(token_failed_at) with ordinality t(at, n) order by n)
   where token_failed_at <> '{}' and exists (select from unnest(token_failed_at) at where at > ${AHEAD})`,
  `update users set token_failures = (
     select jsonb_object_agg(device, (select coalesce(jsonb_agg(case when (entry ->> 3)::float8 > ${MILLISECONDS}
       then jsonb_set(entry, '{3}', to_jsonb(${MILLISECONDS})) else entry end order by n), '[]')
       from jsonb_array_elements(entries) with ordinality e(entry, n)))
     from jsonb_each(token_failures) d(device, entries))
   where token_failures <> '{}' and exists (select from jsonb_each(token_failures) d(device, entries), jsonb_array_elements(entries) entry
     where (entry ->> 3)::float8 > ${MILLISECONDS} + 5000)`,
  `update secret_keys set superseded_at = $1::timestamptz where superseded_at > ${AHEAD}`,
  `update password_failures set failed_at = $1::timestamptz, failed_before = least(failed_before, $1::timestamptz) where failed_at > ${AHEAD}`,
  `update repeated_forms set expires_at = $1::timestamptz where expires_at > ${AHEAD} + interval '1 minute'`,
  `update challenge_sends set at = $1::timestamptz where at > ${AHEAD}`,
  // Milliseconds. No window is longer than an hour.
  `update rate_limits set expire = (extract(epoch from now()) + 900) * 1000
   where expire > (extract(epoch from $1::timestamptz) + 3605) * 1000 and expire > (extract(epoch from now()) + 3605) * 1000`,
]

const codeStatements = (table: string): string[] => [
  `update ${table} set challenged_at = $1::timestamptz, code_expires_at = null, code_hash = null, sent_code_expires_at = null, sent_code_hash = null
   where challenged_at > ${AHEAD}`,
  // The older code, if a newer one was sent after the clock was corrected.
  `update ${table} set sent_code_expires_at = null, sent_code_hash = null where sent_code_expires_at > ${AHEAD} + interval '5 minutes'`,
]
