import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'
import { hashSeries } from './hash-trust-token.js'
import type { TrustToken } from './trust-cookie.js'

/** Finds which of a browser's tokens are still valid, for any user. The others are removed from the cookie. */
export async function findValidTokens(
  { database, otp, clock }: Pick<Auth, 'database' | 'otp' | 'clock'>,
  transaction: Transaction,
  tokens: readonly TrustToken[],
): Promise<TrustToken[]> {
  if (tokens.length === 0) return []
  const hashed = tokens.map((each) => ({ each, hashes: hashSeries(otp.keys, each.series) }))
  const rows = await runStatement<{ hash: string }>(database, transaction, STANDING, {
    series: hashed.flatMap(({ hashes }) => hashes),
    now: clock.now(),
  })
  return hashed.filter(({ hashes }) => rows.some(({ hash }) => hashes.includes(hash))).map(({ each }) => each)
}

const STANDING = `
select series_hash as hash from trusted_browsers where series_hash = any($series::text[]) and expires_at > $now`
