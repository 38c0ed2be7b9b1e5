import { type KeyUse, countOtherKeys, resealColumn } from '../db/reseal-column.js'
import { sealedColumns } from '../db/sealed-columns.js'
import { forgetKeys, markSuperseded, recordKeys } from '../db/secret-keys.js'
import { countJobsOfOtherKeys, resealJobs } from '../notify/reseal-jobs.js'
import type { Otp } from './otp.js'

/** What one key is still needed for. */
export interface KeyReport {
  keyId: string
  /** `newest`: everything is sealed with it. `free`: nothing needs it. `missing`: it is not in SECRET_KEYS. */
  state: 'newest' | 'free' | 'needed' | 'missing'
  /** Rows that need it, by table. */
  uses: KeyUse[]
}

/** What a rotation has done, and what is left. */
export interface Rotation {
  /** Values sealed again. */
  moved: number
  /** The keys of the configuration, newest first, then those that are missing. */
  keys: KeyReport[]
}

/**
 * Seals everything again with the newest key, while servers run: value by value, and a value
 * that changes in between stays as it is. Hashes stay as well: what they need of their key is
 * kept in `secret_keys`, and is sealed again like everything else.
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

/** Backup tokens that were hashed with a key of which nothing is left here. */
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
