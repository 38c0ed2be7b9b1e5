import type { Request } from 'express'
import type { Pool } from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { ipNetwork, UNKNOWN_NETWORK } from './client-ip.js'
import { clientIp } from './remember-client.js'

const WINDOW_SECONDS = 15 * 60

/**
 * The requester whose limit an attempt is counted in. Null: a client whose IP address is unknown.
 * It has no limit, because all such clients would share one that is meant for a single IP address.
 */
export type Sender = string | null

/** Identifies an anonymous requester by network. */
export function networkSender(req: Request): Sender {
  const network = ipNetwork(clientIp(req))
  return network === UNKNOWN_NETWORK ? null : network
}

/** Identifies a user who proved more than an IP address, so that others behind the same one cannot lock them out. */
export function personSender(userId: number): Sender {
  return `person:${userId}`
}

/** Counts failed attempts by sender. The numbers are in the database, so that all processes share them. */
export interface IpRateLimit {
  /** Counts an attempt before it is made. Returns the seconds to wait, or null if it can be made. */
  take(sender: Sender): Promise<number | null>
  /** Refunds an attempt that did not fail. */
  refund(sender: Sender): Promise<void>
  /** Returns the refund as a change that can be combined with another statement. */
  refundStatement(sender: Sender): AttachedStatement[]
}

/**
 * Creates a limit of failed attempts.
 *
 * @param limit failures within 15 minutes; 0 disables it
 * @param keyPrefix attempts with the same prefix are counted together
 */
export function createIpRateLimit(pool: Pool, limit: number, keyPrefix = 'login'): IpRateLimit {
  if (limit === 0) return { take: async () => null, refund: async () => {}, refundStatement: () => [] }
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix,
    points: limit,
    duration: WINDOW_SECONDS,
  })
  const givenBack = (sender: Sender): AttachedStatement[] =>
    sender === null ? [] : [{ sql: REFUND_SQL, values: { limited: limiter.getKey(sender), limitedAt: Date.now() } }]
  const giveBack = async (sender: Sender) => {
    for (const { sql, values } of givenBack(sender)) await runStatement({ pool }, undefined, sql, values)
  }
  return {
    async take(sender) {
      if (sender === null) return null
      try {
        await limiter.consume(sender)
        return null
      } catch (rejection) {
        // The library throws a RateLimiterRes over the limit, and an Error if the database fails.
        if (!(rejection instanceof RateLimiterRes)) throw rejection
        // An attempt that was never made did not fail: many correct ones at once must not lock an office out.
        await giveBack(sender)
        return await waitOf(pool, limiter.getKey(sender), rejection.msBeforeNext, WINDOW_SECONDS)
      }
    },
    refund: giveBack,
    refundStatement: givenBack,
  }
}

/**
 * Calculates the seconds to wait over the limit. A window that ends later than its length allows
 * was started while a clock was wrong; it is started again now.
 *
 * @param milliseconds until the stored window ends
 * @param window seconds
 */
export async function waitOf(pool: Pool, key: string, milliseconds: number, window: number): Promise<number> {
  if (milliseconds > window * 1000)
    await runStatement({ pool }, undefined, 'update rate_limits set expire = $until where key = $key', {
      key,
      until: Date.now() + window * 1000,
    })
  return Math.min(window, Math.max(1, Math.ceil(milliseconds / 1000)))
}

// rate-limiter-flexible calls this a reward. Attempts whose 15 minutes are over no longer matter.
const REFUND_SQL = 'update rate_limits set points = points - 1 where key = $limited and expire > $limitedAt'
