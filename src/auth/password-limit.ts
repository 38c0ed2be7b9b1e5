import type { Request } from 'express'
import { type Change, runStatement } from '../db/run-statement.js'
import { networkOf, UNKNOWN_NETWORK } from '../http/client-address.js'
import { clientAddress } from '../http/client-info.js'
import { passwordHashes, type PasswordLane, type PasswordSubject } from '../otp/password-waits.js'
import type { Auth } from './auth.js'
import { browserHashes, readBrowserToken, REMEMBERED_SECONDS } from './login/known-browser.js'

/** Incorrect passwords in one lane that cost no wait. */
export const FREE_FAILURES = 10
/** NIST SP 800-63B-4 §3.2.2: no more consecutive failures than this. */
export const MOST_FAILURES = 100
/** Seconds; the wait doubles up to this. */
const LONGEST_WAIT = 3600
/** Seconds after the last failure until the count starts again. */
export const FORGOTTEN_AFTER = 30 * 24 * 3600

/** One password, before it is checked. */
export interface PasswordAttempt {
  subject: PasswordSubject
  /** Of the account that has this login; null if nobody has. */
  userId: number | null
  /** True if a session or an invitation of this person was shown. */
  inside?: boolean
}

/** An attempt that was counted as a failure before the password is checked, so that many at once cannot exceed the limit. */
export interface TakenAttempt {
  lane: PasswordLane
  /** Consecutive failures with this one. */
  failures: number
  /** What ends the requester's own failures, to go along with another statement. */
  succeeded(): Change[]
  /** Takes the attempt back: the password was not checked. */
  giveBack(): Promise<void>
}

export type PasswordTurn = ({ ok: true } & TakenAttempt) | { ok: false; retryAfter: number; ended: boolean }

interface TakenRow {
  known: boolean
  failures: number | null
  before: number
  wait: number
}

/**
 * Counts one attempt at a password, or answers how long to wait. The count is in the database
 * and behaves alike for logins that nobody has: the same statements, waits and end.
 */
export async function takePasswordAttempt(auth: Auth, req: Request, attempt: PasswordAttempt): Promise<PasswordTurn> {
  const { keys } = auth.otp
  const now = auth.clock.now()
  const token = readBrowserToken(auth, req)
  const anyone = passwordHashes(keys, attempt.inside ? 'inside' : 'anyone', attempt.subject)
  const known = attempt.inside ? anyone : passwordHashes(keys, 'known_browser', attempt.subject)
  const network = networkOf(clientAddress(req))
  const userId = attempt.userId ?? 0
  const [row] = await runStatement<TakenRow>(auth.database, undefined, TAKE, {
    now,
    userId,
    network,
    anyone: anyone[0],
    anyoneOlder: anyone.slice(1),
    known: known[0],
    knownOlder: known.slice(1),
    browsers: token && !attempt.inside ? browserHashes(auth, userId, token) : [],
    browserSince: secondsBefore(now, REMEMBERED_SECONDS),
    forgotten: secondsBefore(now, FORGOTTEN_AFTER),
  })
  if (!row) throw new Error('The database gave no row back for a password attempt.')
  if (row.failures === null)
    return { ok: false, retryAfter: Math.max(1, Math.ceil(row.wait)), ended: row.before >= MOST_FAILURES }
  const lane = laneOf(attempt, row)
  const taken = { hashes: row.known ? known : anyone, network }
  return {
    ok: true,
    lane,
    failures: row.failures,
    succeeded: () => [lane === 'anyone' ? endOwn(taken) : endAll(taken)],
    giveBack: async () => {
      const [passwordHash] = taken.hashes
      await runStatement(auth.database, undefined, GIVE_BACK, { passwordHash, network })
      await runStatement(auth.database, undefined, FORGET_NONE, { passwordHash })
    },
  }
}

function laneOf({ inside }: PasswordAttempt, { known }: TakenRow): PasswordLane {
  if (inside) return 'inside'
  return known ? 'known_browser' : 'anyone'
}

function secondsBefore(now: Date, seconds: number): Date {
  return new Date(now.getTime() - seconds * 1000)
}

interface Taken {
  hashes: string[]
  network: string
}

/** Among anonymous requesters a success ends only failures from the same network, so that it gives nobody else new attempts. */
function endOwn({ hashes, network }: Taken): Change {
  if (network === UNKNOWN_NETWORK) return { sql: END_ONE, values: { passwordHash: hashes[0] } }
  return { sql: END_OWN, values: { passwordHashes: hashes, passwordNetwork: network } }
}

/** In the other lanes everyone has shown more than a login. */
function endAll({ hashes }: Taken): Change {
  return {
    sql: 'delete from password_failures where subject_hash = any($passwordHashes)',
    values: { passwordHashes: hashes },
  }
}

const END_ONE = `update password_failures set failures = failures - 1, failed_at = coalesce(failed_before, failed_at)
where subject_hash = $passwordHash`

const END_OWN = `update password_failures set
  failures = failures - coalesce((networks ->> $passwordNetwork::text)::int, 0), networks = networks - $passwordNetwork::text,
  failed_at = coalesce(failed_before, failed_at)
where subject_hash = any($passwordHashes)`

const GIVE_BACK = `update password_failures set failures = failures - 1, failed_at = coalesce(failed_before, failed_at),
  networks = case when coalesce((networks ->> $network::text)::int, 1) <= 1 then networks - $network::text
    else jsonb_set(networks, array[$network::text], to_jsonb((networks ->> $network::text)::int - 1)) end
where subject_hash = $passwordHash and failures > 0`

// Attempts that were never checked must not fill the table. On its own: an attempt that was counted after
// GIVE_BACK has taken its row is seen here, and stays.
const FORGET_NONE = 'delete from password_failures where subject_hash = $passwordHash and failures <= 0'

/** SQL of the seconds that so many failures cost. */
const cost = (failures: string) =>
  `case when ${failures} < ${FREE_FAILURES} then 0
    when ${failures} < ${MOST_FAILURES} then least(${LONGEST_WAIT}, power(2, ${failures} - ${FREE_FAILURES}))
    else ${FORGOTTEN_AFTER} end`

/** SQL of when the next attempt is possible. A failure in the future, from a clock that was wrong, costs no wait. */
const openAt = (failures: string, at: string) =>
  `case when ${at} <= $now::timestamptz then ${at} + (${cost(failures)}) * interval '1 second' else $now::timestamptz end`

const OLDER_FAILURES = '(select failures from older)'

// An upsert locks the row, so of many at once each finds the count that the others left.
const TAKE = `
with lane as materialized (
  select exists (select from known_browsers b where b.user_id = $userId::int
    and b.token_hash = any($browsers::text[]) and b.seen_at >= $browserSince::timestamptz) as known
), subject as materialized (
  select known, case when known then $known::text else $anyone::text end as hash,
    case when known then $knownOlder::text[] else $anyoneOlder::text[] end as older from lane
), older as materialized (
  select coalesce(sum(f.failures), 0)::int as failures, max(f.failed_at) as at
  from subject s left join password_failures f on f.subject_hash = any(s.older) and f.failed_at > $forgotten::timestamptz
), stored as materialized (
  select f.failures, f.failed_at as at from subject s join password_failures f on f.subject_hash = s.hash
  where f.failed_at > $forgotten::timestamptz
), taken as (
  insert into password_failures as f (subject_hash, failures, failed_at, networks)
  select hash, 1, $now::timestamptz, jsonb_build_object($network::text, 1) from subject, older
  where $now::timestamptz >= ${openAt('older.failures', 'older.at')}
  on conflict (subject_hash) do update set
    failures = case when f.failed_at > $forgotten::timestamptz then f.failures else 0 end + 1,
    networks = case when f.failed_at > $forgotten::timestamptz
      then jsonb_set(f.networks, array[$network::text], to_jsonb(coalesce((f.networks ->> $network::text)::int, 0) + 1))
      else jsonb_build_object($network::text, 1) end,
    failed_before = f.failed_at, failed_at = $now::timestamptz
  where f.failed_at <= $forgotten::timestamptz
    or $now::timestamptz >= ${openAt(`(f.failures + ${OLDER_FAILURES})`, 'greatest(f.failed_at, (select at from older))')}
  returning failures
)
select lane.known, taken.failures + older.failures as failures,
  coalesce(stored.failures, 0) + older.failures as before,
  extract(epoch from ${openAt('(coalesce(stored.failures, 0) + older.failures)', 'greatest(stored.at, older.at)')} - $now::timestamptz)::float8 as wait
from lane cross join older left join stored on true left join taken on true`
