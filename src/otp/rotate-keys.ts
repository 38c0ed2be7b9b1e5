import { type KeyUse, countOtherKeys, resealColumn } from '../db/reseal-column.js'
import { sealedColumns } from '../db/sealed-columns.js'
import { forgetKeys, markSuperseded, recordKeys } from '../db/secret-keys.js'
import { countJobsOfOtherKeys, resealJobs } from '../notify/reseal-jobs.js'
import type { Otp } from './otp.js'

/** For which rows one key is still needed. */
export interface KeyReport {
  keyId: string
  /** `newest`: everything is encrypted with it. `free`: nothing needs it. `missing`: it is not in SECRET_KEYS. */
  state: 'newest' | 'free' | 'needed' | 'missing'
  /** Rows that need it, by table. */
  uses: KeyUse[]
}

/** The result of a rotation. */
export interface Rotation {
  /** Values that were encrypted again. */
  moved: number
  /** The configured keys, newest first, then the missing ones. */
  keys: KeyReport[]
}

/**
 * Encrypts everything again with the newest key, while servers run. It works value by value, and
 * skips a value that changes in the meantime. Hashes stay the same: the part of a key that they need
 * is stored in `secret_keys`, and is encrypted again like everything else.
 *
 * @example const { moved, keys } = await rotateKeys(otp)
 */
export async function rotateKeys({
  database,
  keys,
  clock,
}: Pick<Otp, 'database' | 'keys' | 'clock'>): Promise<Rotation> {
  const now = clock.now()
  await recordKeys(database, keys, now)
  await database.pool.query('delete from kept_requests where expires_at <= $1', [now])
  const columns = await sealedColumns(database)
  let moved = await resealJobs(database, keys)
  for (const column of columns) moved += await resealColumn(database, keys, column)
  await markSuperseded(database, keys, now)
  const uses = await countJobsOfOtherKeys(database, keys)
  for (const column of columns.filter(({ table }) => table !== 'secret_keys'))
    uses.push(...(await countOtherKeys(database, keys, column)))
  uses.push(...(await countLostTokens(database, keys.ids)))
  await forgetKeys(
    database,
    keys,
    uses.map(({ keyId }) => keyId),
  )
  return { moved, keys: report(keys.ids, uses) }
}

function report([newest = '', ...older]: readonly string[], uses: readonly KeyUse[]): KeyReport[] {
  const usesOf = (keyId: string) => uses.filter((use) => use.keyId === keyId)
  const missing = new Set(uses.map(({ keyId }) => keyId).filter((keyId) => ![newest, ...older].includes(keyId)))
  return [
    { keyId: newest, state: 'newest', uses: [] },
    ...older.map((keyId): KeyReport => {
      const needed = usesOf(keyId)
      return { keyId, state: needed.length > 0 ? 'needed' : 'free', uses: needed }
    }),
    ...[...missing].toSorted().map((keyId): KeyReport => ({ keyId, state: 'missing', uses: usesOf(keyId) })),
  ]
}

/** Counts backup tokens that were hashed with a key of which no part is available any more. */
async function countLostTokens({ pool }: Otp['database'], known: readonly string[]): Promise<KeyUse[]> {
  const { rows } = await pool.query<KeyUse>(
    `select split_part(token_hash, '.', 1) as "keyId", 'static_tokens' as "table", count(*)::int as rows
    from static_tokens where strpos(token_hash, '.') > 0
      and not exists (
        select from secret_keys k
        where k.id = split_part(token_hash, '.', 1) and split_part(k.sealed, '.', 2) = any($1))
    group by 1 order by 1`,
    [known],
  )
  return rows
}
