import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Account } from '../account.js'

/** Links that one account can be sent within the window; the address of the sender has its own limit. */
const REQUESTS = 5
const WINDOW_SECONDS = 3600

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
    keyPrefix: 'password',
    points: REQUESTS,
    duration: WINDOW_SECONDS,
  })
  return async (email) => {
    // Nobody's: somebody sent the form as it was.
    if (email.trim() === '') return null
    try {
      await limiter.consume(keys.hash('rate_limits', email.trim().toLowerCase()))
      return null
    } catch (refusal) {
      // The library throws its refusals; a fault of the database is an Error.
      if (!(refusal instanceof RateLimiterRes)) throw refusal
      return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
    }
  }
}
