import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { waitOf } from '../../http/limit-address.js'
import type { Account } from '../account.js'
import { isBlank } from '../../typed-text/clean-text.js'
import { emailCandidates } from '../../typed-text/read-email.js'

/** Links that one account can be sent within the window; the address of the sender has its own limit. */
const REQUESTS = 5
const WINDOW_SECONDS = 3600
const PREFIX = 'password'

/**
 * Limits what one account is sent, counted by what was typed, whether anybody has that
 * address or not. In the table it stands as a keyed hash.
 *
 * @returns a function that counts one request and gives the seconds to wait, or null where it may be made
 */
export function limitRequests({ database, keys }: Account): (email: string) => Promise<number | null> {
  const limiter = new RateLimiterPostgres({
    storeClient: database.pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: PREFIX,
    points: REQUESTS,
    duration: WINDOW_SECONDS,
  })
  return async (email) => {
    // Nobody's: somebody sent the form as it was.
    if (isBlank(email)) return null
    const [newest = '', ...older] = keys.hashes('rate_limits', emailCandidates(email)[0] ?? '')
    try {
      const before = await countOlder(database, older)
      const { consumedPoints } = await limiter.consume(newest)
      return before.points + consumedPoints > REQUESTS ? before.seconds : null
    } catch (refusal) {
      // The library throws its refusals; a fault of the database is an Error.
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      return await waitOf(database.pool, limiter.getKey(newest), refusal.msBeforeNext, WINDOW_SECONDS)
    }
  }
}

/** What was counted under another key than the newest, so that a rotation starts no count again. */
async function countOlder({ pool }: Account['database'], hashes: readonly string[]) {
  const keys = hashes.map((hash) => `${PREFIX}:${hash}`)
  const { rows } = await pool.query<{ points: number; expire: number | null }>(OLDER, [keys, Date.now()])
  const [{ points, expire } = { points: 0, expire: null }] = rows
  return { points, seconds: Math.min(WINDOW_SECONDS, Math.max(1, Math.ceil(((expire ?? 0) - Date.now()) / 1000))) }
}

const OLDER = `
select coalesce(sum(points), 0)::int as points, max(expire)::float8 as expire
from rate_limits where key = any($1::text[]) and expire > $2`
