import type { Pool } from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import { type Change, runStatement } from '../db/run-statement.js'
import { networkOf } from './client-address.js'

const WINDOW_SECONDS = 15 * 60

/** Failed sign-ins by address, counted in the database so that all processes and restarts share them. */
export interface AddressLimit {
  /** Counts a try before it is made. @returns seconds to wait, or null where it may be made */
  take(address: string): Promise<number | null>
  /** Gives the try back: it did not fail. */
  giveBack(address: string): Promise<void>
  /** The same, to go along with another statement. */
  givenBack(address: string): Change[]
}

/** @param limit failures within 15 minutes; 0 switches it off */
export function limitAddress(pool: Pool, limit: number): AddressLimit {
  if (limit === 0) return { take: async () => null, giveBack: async () => {}, givenBack: () => [] }
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: 'login',
    points: limit,
    duration: WINDOW_SECONDS,
  })
  const givenBack = (address: string) => ({
    sql: GIVE_BACK,
    values: { limited: limiter.getKey(networkOf(address)), limitedAt: Date.now() },
  })
  const giveBack = async (address: string) => {
    const { sql, values } = givenBack(address)
    await runStatement({ pool }, undefined, sql, values)
  }
  return {
    async take(address) {
      try {
        await limiter.consume(networkOf(address))
        return null
      } catch (refusal) {
        // The library throws its refusals; a fault of the database is an Error.
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        // What was not let through did not fail: a crowd of right tries must not shut an office out.
        await giveBack(address)
        return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
      }
    },
    giveBack,
    givenBack: (address) => [givenBack(address)],
  }
}

// What rate-limiter-flexible calls a reward. Tries whose 15 minutes are over are forgotten already.
const GIVE_BACK = 'update rate_limits set points = points - 1 where key = $limited and expire > $limitedAt'
