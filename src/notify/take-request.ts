import type { Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { lockNames } from '../db/lock-names.js'
import { runStatement } from '../db/run-statement.js'

/** Limits per hour for one subject. Each purpose has its own count. */
const PER_HOUR = {
  /** Links for a new password, by the login as it was typed. */
  password: 5,
  /** The same by user, in browsers that are known because the user's password was entered there. */
  'password-known': 5,
  /** The same by user, in browsers in which the user passed a second factor. */
  'password-verified': 5,
  /** Changes of the email address, by the user who requests them. */
  'email-change': 5,
  /** The same by the email address that the link would be sent to, over all users. */
  'email-target': 5,
  /** Invitations by email, by the recipient's email address. */
  invitation: 5,
  /** Invitations by email, by administrator: enough for a whole department. */
  'invitation-by': 100,
  /** Notices of one kind, by user. */
  notice: 10,
} as const

export type RequestPurpose = keyof typeof PER_HOUR

/** Seconds. `correctFutureTimes` assumes that no window in this table is longer. */
const WINDOW_SECONDS = 3600

export interface CountedRequest {
  purpose: RequestPurpose
  /** User or email address that it is counted for. Only its keyed hash is stored. */
  subject: string
}

/**
 * Counts a request that sends an email, and checks whether it is within the limits. It is
 * counted for every purpose passed, and must be within the limit of each. The counts are in the
 * database, so all processes share them, and they are saved if the transaction commits.
 *
 * @returns the seconds to wait, or null if the email can be sent
 * @example const wait = await takeRequest(account, transaction, now, [{ purpose: 'invitation', subject: email }])
 */
export async function takeRequest(
  services: { database: Pick<Database, 'pool'>; keys: Keyring },
  transaction: Transaction,
  now: Date,
  counted: readonly CountedRequest[],
): Promise<number | null> {
  const waits: number[] = []
  // Sorted, so that two requests cannot deadlock on each other's rows.
  for (const one of counted.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)))
    waits.push((await takeOne(services, transaction, now, one)).wait)
  const wait = Math.max(0, ...waits)
  return wait > 0 ? wait : null
}

/**
 * Counts a notice like `takeRequest`, and finds the first one beyond the limit, so that its
 * recipient can be told once that others will be left out.
 *
 * @returns `allowed`, or whether it is the first one beyond the limit and the seconds until the limit ends
 */
export async function takeNotice(
  services: { database: Pick<Database, 'pool'>; keys: Keyring },
  transaction: Transaction,
  now: Date,
  subject: string,
): Promise<{ allowed: true } | { allowed: false; first: boolean; wait: number }> {
  const { wait, over } = await takeOne(services, transaction, now, { purpose: 'notice', subject })
  return over > 0 ? { allowed: false, first: over === 1, wait } : { allowed: true }
}

const keyOf = ({ purpose, subject }: CountedRequest) => `${purpose}:${subject}`

/**
 * @returns `wait`: the seconds to wait, zero if it is within the limit; `over`: how many requests it is beyond the
 * limit, which is only exact for the first one
 */
async function takeOne(
  { database, keys }: { database: Pick<Database, 'pool'>; keys: Keyring },
  transaction: Transaction,
  now: Date,
  { purpose, subject }: CountedRequest,
): Promise<{ wait: number; over: number }> {
  // Counts under older keys are included, so that a key rotation does not reset them.
  const [key, ...older] = keys.hashes('rate_limits', subject).map((hash) => `${purpose}:${hash}`)
  const most = PER_HOUR[purpose]
  const at = now.getTime()
  const values = { key, older, most, now: at, until: at + WINDOW_SECONDS * 1000 }
  // Another process can have the keys in another order, and count in another row.
  if (older.length > 0) await lockNames(database, transaction, [String(key), ...older])
  const [count] = await runStatement<{ points: number; expire: number }>(database, transaction, TAKE, values)
  if (!count || count.points <= most) return { wait: 0, over: 0 }
  const wait = Math.min(WINDOW_SECONDS, Math.max(1, Math.ceil((count.expire - at) / 1000)))
  return { wait, over: count.points - most }
}

// A window that ends further ahead than its length was started while a clock was wrong; it starts now instead.
const TAKE = `
with older as (
  select coalesce(sum(points), 0) as points, max(expire) as expire
  from rate_limits where key = any($older::text[]) and expire > $now::bigint
), counted as (
  insert into rate_limits as present (key, points, expire) values ($key, 1, $until::bigint)
  on conflict (key) do update set
    points = case when present.expire > $now::bigint then least(present.points, $most::int + 1) + 1 else 1 end,
    expire = case when present.expire > $now::bigint then least(present.expire, $until::bigint) else $until::bigint end
  returning points, expire
)
select (counted.points + older.points)::int as points, greatest(counted.expire, older.expire)::float8 as expire
from counted, older`
