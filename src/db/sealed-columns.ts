import type { Database } from './connect.js'
import type { SealedColumn } from './reseal-column.js'

/** Those that are not a device's. */
const OTHERS: readonly SealedColumn[] = [
  { table: 'secret_keys', column: 'sealed' },
  { table: 'kept_requests', column: 'sealed' },
]

/**
 * Every column that can hold something sealed. Of devices these are all columns of text but
 * the two that people choose, so that a kind from outside takes part without registering
 * here: it seals for `<table>.<column>` and the row's ID, as docs/guides/custom-kinds.md says.
 */
export async function sealedColumns({ pool }: Database): Promise<SealedColumn[]> {
  const { rows } = await pool.query<SealedColumn>(DEVICE_COLUMNS)
  return [...OTHERS, ...rows]
}

// Names become part of statements: only those that need no quotes, as every kind's has.
const DEVICE_COLUMNS = `
select table_name::text as "table", column_name::text as "column" from information_schema.columns
where table_schema = current_schema() and table_name ~ '^[a-z][a-z0-9]{0,15}_devices$' and column_name ~ '^[a-z_][a-z0-9_]*$'
  and data_type in ('text', 'character varying') and column_name not in ('name', 'last_used_from')
order by 1, 2`
