import type { Request } from 'express'
import type { Pool } from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { type Change, runStatement } from '../db/run-statement.js'
import { networkOf, UNKNOWN_NETWORK } from './client-address.js'
import { clientAddress } from './client-info.js'

const WINDOW_SECONDS = 15 * 60

/**
 * Whom an attempt counts against. Null: a client whose IP address is unknown. It shares no limit,
 * because a limit made for one address would make all such clients wait.
 */
export type Sender = string | null

/** An anonymous requester: by network. */
export function networkSender(req: Request): Sender {
  const network = networkOf(clientAddress(req))
  return network === UNKNOWN_NETWORK ? null : network
}

/** Someone who has shown more than an IP address, so that nobody else at it makes them wait. */
export function personSender(userId: number): Sender {
  return `person:${userId}`
}

/** Failed attempts by sender, counted in the database so that all processes and restarts share them. */
export interface AddressLimit {
  /** Counts an attempt before it is made. @returns seconds to wait, or null if it can be made */
  take(sender: Sender): Promise<number | null>
  /** Takes the attempt back: it did not fail. */
  giveBack(sender: Sender): Promise<void>
  /** The same, to go along with another statement. */
  givenBack(sender: Sender): Change[]
}

/**
 * @param limit failures within 15 minutes; 0 disables it
 * @param keyPrefix what is counted together
 */
export function limitAddress(pool: Pool, limit: number, keyPrefix = 'login'): AddressLimit {
  if (limit === 0) return { take: async () => null, giveBack: async () => {}, givenBack: () => [] }
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix,
    points: limit,
    duration: WINDOW_SECONDS,
  })
  const givenBack = (sender: Sender): Change[] =>
    sender === null ? [] : [{ sql: GIVE_BACK, values: { limited: limiter.getKey(sender), limitedAt: Date.now() } }]
  const giveBack = async (sender: Sender) => {
    for (const { sql, values } of givenBack(sender)) await runStatement({ pool }, undefined, sql, values)
  }
  return {
    async take(sender) {
      if (sender === null) return null
      try {
        await limiter.consume(sender)
        return null
      } catch (refusal) {
        // The library throws its refusals; a fault of the database is an Error.
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        // What was not let through did not fail: a crowd of right tries must not shut an office out.
        await giveBack(sender)
        return await waitOf(pool, limiter.getKey(sender), refusal.msBeforeNext, WINDOW_SECONDS)
      }
    },
    giveBack,
    givenBack,
  }
}

/**
 * Seconds to wait after a refusal. A window that ends further ahead than it is long was begun
 * while a clock was wrong, and begins now.
 */
export async function waitOf(pool: Pool, key: string, milliseconds: number, window: number): Promise<number> {
  if (milliseconds > window * 1000)
    await runStatement({ pool }, undefined, 'update rate_limits set expire = $until where key = $key', {
      key,
      until: Date.now() + window * 1000,
    })
  return Math.min(window, Math.max(1, Math.ceil(milliseconds / 1000)))
}

// What rate-limiter-flexible calls a reward. Tries whose 15 minutes are over are forgotten already.
const GIVE_BACK = 'update rate_limits set points = points - 1 where key = $limited and expire > $limitedAt'
