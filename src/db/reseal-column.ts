import { envelopeKeyId, isNotReadable, type Keyring } from '../crypto/keyring.js'
import type { Database } from './connect.js'

/** A column whose values are sealed for `<table>.<column>` and the row's ID. */
export interface SealedColumn {
  table: string
  column: string
}

/** Number of values in a table that are sealed with one of the older keys. */
export interface KeyUse {
  keyId: string
  table: string
  rows: number
}

/** Rows per query. */
const BATCH = 500

interface SealedRow {
  id: number | string
  sealed: string
}

/**
 * Seals again every value of a column that is not sealed with the newest key. Does not
 * overwrite a value that was changed in the meantime. Can be stopped and started again.
 *
 * @returns number of values sealed again
 */
export async function resealColumn(database: Database, keys: Keyring, column: SealedColumn): Promise<number> {
  let moved = 0
  let after: SealedRow['id'] | null = null
  for (;;) {
    const rows = await readBatch(database, keys, column, after)
    for (const row of rows) if (await resealRow(database, keys, column, row)) moved += 1
    const last: SealedRow | undefined = rows.at(-1)
    if (!last) return moved
    after = last.id
  }
}

/** Counts the values of a column by key, without those of the newest key. */
export async function countOtherKeys(
  { pool }: Database,
  keys: Keyring,
  { table, column }: SealedColumn,
): Promise<KeyUse[]> {
  const { rows } = await pool.query<{ keyId: string; rows: number }>(
    `select split_part(${column}, '.', 2) as "keyId", count(*)::int as rows from ${table}
    where ${isOlder(column)} group by 1 order by 1`,
    [keys.ids[0]],
  )
  return rows.map((row) => ({ ...row, table }))
}

/** Returns an SQL condition: an envelope that was not sealed with the newest key, which is $1. */
export const isOlder = (value: string) =>
  `${value} ~ '^v1\\.[0-9a-f]{8}\\.[A-Za-z0-9_-]{16}\\.[A-Za-z0-9_-]{22,}$' and split_part(${value}, '.', 2) <> $1`

async function readBatch(
  { pool }: Database,
  keys: Keyring,
  { table, column }: SealedColumn,
  after: SealedRow['id'] | null,
): Promise<SealedRow[]> {
  const { rows } = await pool.query<SealedRow>(
    `select id, ${column} as sealed from ${table}
    where ${isOlder(column)} ${after === null ? '' : 'and id > $2'} order by id limit ${BATCH}`,
    after === null ? [keys.ids[0]] : [keys.ids[0], after],
  )
  return rows
}

async function resealRow(
  { pool }: Database,
  keys: Keyring,
  { table, column }: SealedColumn,
  { id, sealed }: SealedRow,
): Promise<boolean> {
  const again = resealValue(keys, sealed, { column: `${table}.${column}`, id })
  if (again === null) return false
  const { rowCount } = await pool.query(`update ${table} set ${column} = $1 where id = $2 and ${column} = $3`, [
    again,
    id,
    sealed,
  ])
  return rowCount === 1
}

/** Seals one value again. @returns null if none of the configured keys opens it */
export function resealValue(
  keys: Keyring,
  sealed: string,
  place: { column: string; id: number | string },
): string | null {
  if (!keys.ids.includes(envelopeKeyId(sealed) ?? '')) return null
  try {
    return keys.seal(keys.open(sealed, place), place)
  } catch (error) {
    if (isNotReadable(error)) return null
    throw error
  }
}
