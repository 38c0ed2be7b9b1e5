import type { Database } from './connect.js'
import type { SealedColumn } from './reseal-column.js'

/** Sealed columns outside the devices' tables. */
const OTHERS: readonly SealedColumn[] = [
  { table: 'secret_keys', column: 'sealed' },
  { table: 'kept_requests', column: 'sealed' },
]

/**
 * Lists every column that can contain sealed values. In the devices' tables these are all text
 * columns except `name` and `last_used_from`, so that a custom kind is included without being
 * registered here. It seals for `<table>.<column>` and the row's ID (docs/guides/custom-kinds.md).
 */
export async function sealedColumns({ pool }: Database): Promise<SealedColumn[]> {
  const { rows } = await pool.query<SealedColumn>(DEVICE_COLUMNS)
  return [...OTHERS, ...rows]
}

// Names become part of SQL, so only those that need no quotes are listed. The names of all kinds are like that.
const DEVICE_COLUMNS = `
select table_name::text as "table", column_name::text as "column" from information_schema.columns
where table_schema = current_schema() and table_name ~ '^[a-z][a-z0-9]{0,15}_devices$' and column_name ~ '^[a-z_][a-z0-9_]*$'
  and data_type in ('text', 'character varying') and column_name not in ('name', 'last_used_from')
order by 1, 2`
