import type { Transaction } from 'sequelize'
import type { Keyring } from '../crypto/keyring.js'
import type { Database } from '../db/connect.js'
import { runStatement } from '../db/run-statement.js'

/** What is counted apart, and how much of it one subject has within an hour. */
const PER_HOUR = {
  /** Links to a new password, by what was typed. The oldest of these counts, hence its plain name. */
  password: 5,
  /** The same by the person, in browsers that are known by this person's password alone. */
  'password-known': 5,
  /** The same in browsers where this person gave a second factor. */
  'password-verified': 5,
  /** Changes of the email address, by the person who asks. */
  'email-change': 5,
  /** The same by the address that the link would be sent to, over all people. */
  'email-target': 5,
  /** Invitations by email, by the address that they go to. */
  invitation: 5,
  /** Invitations by email, by the administrator: enough to bring in a whole department. */
  'invitation-by': 100,
  /** Emails of one kind about what happened to an account, by person. */
  notice: 10,
} as const

export type RequestPurpose = keyof typeof PER_HOUR

/** Seconds. `settleTimes` knows that no window in this table is longer. */
const WINDOW_SECONDS = 3600

export interface CountedRequest {
  purpose: RequestPurpose
  /** Whom or what it is counted for. Only its keyed hash is stored. */
  subject: string
}

/**
 * Counts something that leads to an email, and tells whether it may still be sent. Everything
 * named is counted, and each has to have room. The count is in the database, so all processes
 * share it; it stands if the transaction commits.
 *
 * @returns the seconds to wait, or null where it may be sent
 * @example const wait = await takeRequest(account, transaction, now, [{ purpose: 'invitation', subject: email }])
 */
export async function takeRequest(
  services: { database: Pick<Database, 'pool'>; keys: Keyring },
  transaction: Transaction,
  now: Date,
  counted: readonly CountedRequest[],
): Promise<number | null> {
  const waits: number[] = []
  // In one order, so that two requests never wait for each other's rows.
  for (const one of counted.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)))
    waits.push(await takeOne(services, transaction, now, one))
  const wait = Math.max(0, ...waits)
  return wait > 0 ? wait : null
}

const keyOf = ({ purpose, subject }: CountedRequest) => `${purpose}:${subject}`

/** @returns zero where there is room */
async function takeOne(
  { database, keys }: { database: Pick<Database, 'pool'>; keys: Keyring },
  transaction: Transaction,
  now: Date,
  { purpose, subject }: CountedRequest,
): Promise<number> {
  // What was counted under an older key still counts, so that a rotation starts no count again.
  const [key, ...older] = keys.hashes('rate_limits', subject).map((hash) => `${purpose}:${hash}`)
  const most = PER_HOUR[purpose]
  const at = now.getTime()
  const values = { key, older, most, now: at, until: at + WINDOW_SECONDS * 1000 }
  const [count] = await runStatement<{ points: number; expire: number }>(database, transaction, TAKE, values)
  if (!count || count.points <= most) return 0
  return Math.min(WINDOW_SECONDS, Math.max(1, Math.ceil((count.expire - at) / 1000)))
}

// A window that ends further ahead than it is long was begun while a clock was wrong, and begins now.
const TAKE = `
with older as (
  select coalesce(sum(points), 0) as points, max(expire) as expire
  from rate_limits where key = any($older::text[]) and expire > $now::bigint
), counted as (
  insert into rate_limits as present (key, points, expire) values ($key, 1, $until::bigint)
  on conflict (key) do update set
    points = case when present.expire > $now::bigint then least(present.points, $most::int) + 1 else 1 end,
    expire = case when present.expire > $now::bigint then least(present.expire, $until::bigint) else $until::bigint end
  returning points, expire
)
select (counted.points + older.points)::int as points, greatest(counted.expire, older.expire)::float8 as expire
from counted, older`
