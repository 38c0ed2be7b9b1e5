import { lockedPasswordRows } from '../../otp/throttle/password-waits.js'

/** Incorrect passwords in one lane that cost no wait. */
export const FREE_FAILURES = 10
/** NIST SP 800-63B-4 §3.2.2: no more consecutive failures than this. */
export const MOST_FAILURES = 100
/** Seconds; the wait doubles up to this. */
const LONGEST_WAIT = 3600
/** Seconds after the last failure until the count starts again. */
export const FORGOTTEN_AFTER = 30 * 24 * 3600

const IN_ORDER = lockedPasswordRows('subject_hash = any($passwordHashes::text[])', '$passwordAccounts')

/** Clears only this attempt, for requests from an unknown network. */
export const END_ONE = `update password_failures set failures = failures - 1, failed_at = coalesce(failed_before, failed_at)
where ${IN_ORDER}`

export const END_OWN = `update password_failures set
  failures = failures - coalesce((networks ->> $passwordNetwork::text)::int, 0), networks = networks - $passwordNetwork::text,
  failed_at = coalesce(failed_before, failed_at)
where ${IN_ORDER}`

export const END_ALL = `delete from password_failures where ${IN_ORDER}`

export const GIVE_BACK = `update password_failures set failures = failures - 1, failed_at = coalesce(failed_before, failed_at),
  networks = case when coalesce((networks ->> $passwordNetwork::text)::int, 1) <= 1 then networks - $passwordNetwork::text
    else jsonb_set(networks, array[$passwordNetwork::text], to_jsonb((networks ->> $passwordNetwork::text)::int - 1)) end
where ${IN_ORDER} and failures > 0`

// Deletes rows of attempts that were never checked, so that they do not fill the table. A separate statement, so
// that it sees, and leaves, an attempt that was counted after REFUND_SQL had read the row.
export const FORGET_NONE = `delete from password_failures where ${IN_ORDER} and failures <= 0`

/** SQL for the seconds to wait after this many failures, of which the first ones are free. */
const cost = (failures: string, free: number) =>
  `case when ${failures} < ${free} then 0
    when ${failures} < ${MOST_FAILURES} then least(${LONGEST_WAIT}, power(2, ${failures} - ${free}))
    else ${FORGOTTEN_AFTER} end`

/** SQL for the time of the next attempt. A failure in the future, from a clock that was wrong, causes no wait. */
const openAt = (failures: string, at: string, free = FREE_FAILURES) =>
  `case when ${at} <= $now::timestamptz then ${at} + (${cost(failures, free)}) * interval '1 second' else $now::timestamptz end`

/** SQL that sums the failures stored under older keys. */
const older = (hashes: string, from: string) =>
  `select coalesce(sum(f.failures), 0)::int as failures, max(f.failed_at) as at
  from ${from} left join password_failures f on f.subject_hash = any(${hashes}) and f.failed_at > $forgotten::timestamptz`

/**
 * SQL that counts one attempt if its wait is over. The upsert locks the row, so that each of many
 * attempts at once sees the count after the others.
 *
 * @param before name of the part with the failures under older keys
 */
const count = (select: string, before: string, free: number) => `
  insert into password_failures as f (subject_hash, failures, failed_at, networks, accounts)
  ${select}
  on conflict (subject_hash) do update set
    failures = case when f.failed_at > $forgotten::timestamptz then f.failures else 0 end + 1,
    networks = case when f.failed_at > $forgotten::timestamptz
      then jsonb_set(f.networks, array[$network::text], to_jsonb(coalesce((f.networks ->> $network::text)::int, 0) + 1))
      else jsonb_build_object($network::text, 1) end,
    accounts = case when f.accounts @> excluded.accounts then f.accounts else f.accounts || excluded.accounts end,
    failed_before = f.failed_at, failed_at = $now::timestamptz
  where f.failed_at <= $forgotten::timestamptz
    or $now::timestamptz >= ${openAt(`(f.failures + (select failures from ${before}))`, `greatest(f.failed_at, (select at from ${before}))`, free)}
  returning failures`

const ONE = '1, $now::timestamptz, jsonb_build_object($network::text, 1)'

/**
 * Counts one attempt: under the login as it was typed, which has waits, and under the account, which has a limit but
 * no waits. In lanes in which the requester has proved more than a login, only the account is counted, with waits.
 */
export const TAKE = `
with lane as materialized (
  select exists (select from known_browsers b where b.user_id = $userId::int
    and b.token_hash = any($browsers::text[]) and b.seen_at >= $browserSince::timestamptz) as known
), subject as materialized (
  select case when known then $known::text else $anyone::text end as hash,
    case when known then $knownOlder::text[] else $anyoneOlder::text[] end as older,
    case when known then null else $account::text end as account,
    case when known then '{}' else $names::text[] end as names from lane
), older as materialized (${older('s.older', 'subject s')}
), stored as materialized (
  select f.failures, f.failed_at as at from subject s join password_failures f on f.subject_hash = s.hash
  where f.failed_at > $forgotten::timestamptz
), taken as (${count(
  `select hash, ${ONE}, names from subject, older
  where $now::timestamptz >= ${openAt('older.failures', 'older.at')}`,
  'older',
  FREE_FAILURES,
)}
), account_older as materialized (${older('$accountOlder::text[]', '(select) s')}
), account_taken as (${count(
  `select account, ${ONE}, '{}'::text[] from taken, subject, account_older
  where account is not null and $now::timestamptz >= ${openAt('account_older.failures', 'account_older.at', MOST_FAILURES)}`,
  'account_older',
  MOST_FAILURES,
)}
), named as (
  update password_failures f set accounts = f.accounts || s.names from subject s
  where f.subject_hash = s.hash and not f.accounts @> s.names and not exists (select from taken)
)
select lane.known, taken.failures + older.failures as failures,
  account_taken.failures + account_older.failures as "accountFailures",
  coalesce(stored.failures, 0) + older.failures as before,
  extract(epoch from ${openAt('(coalesce(stored.failures, 0) + older.failures)', 'greatest(stored.at, older.at)')} - $now::timestamptz)::float8 as wait
from lane cross join older cross join account_older left join stored on true left join taken on true
  left join account_taken on true`
