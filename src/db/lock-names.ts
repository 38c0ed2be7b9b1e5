import type { Transaction } from 'sequelize'
import type { Database } from './connect.js'
import { runStatement } from './run-statement.js'

/**
 * Makes transactions that lock one of the same names wait for each other, for rows that may not exist
 * yet. Call it before the statement that reads: in the same statement, it would not see what the
 * transaction before wrote.
 *
 * @param names in any order; they are locked in order, so that nobody deadlocks
 */
export async function lockNames(
  database: Pick<Database, 'pool'>,
  transaction: Transaction,
  names: readonly string[],
): Promise<void> {
  const sorted = [...new Set(names)].toSorted((one, other) => (one < other ? -1 : Number(one > other)))
  await runStatement(database, transaction, LOCK, { names: sorted })
}

const LOCK = 'select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest($names::text[]) as name'
