import { QueryTypes, type Transaction } from 'sequelize'
import { SiteError } from '../errors.js'
import type { Database } from './connect.js'

type InSchema = Pick<Database, 'pool' | 'schema'>

/**
 * Makes the schema of `DATABASE_SCHEMA` where it is not there yet. Throws
 * `schema_not_searched` where connections do not arrive in it: everything would land among
 * somebody else's tables.
 */
export async function prepareSchema({ pool, schema }: InSchema): Promise<void> {
  if (schema === null) return
  const { rows } = await pool.query('select from pg_namespace where nspname = $1', [schema])
  // Two processes may start at once, and one of them comes too late for "if not exists".
  if (rows.length === 0) await pool.query(`create schema if not exists ${schema}`).catch(isThereByNow)
  const arrived = await pool.query<{ schema: string | null }>('select current_schema() as schema')
  if (arrived.rows[0]?.schema === schema) return
  throw new SiteError(
    'schema_not_searched',
    `Connections to this database do not use the schema ${schema}.`,
    'A connection pooler may be dropping the `options` parameter. Connect directly, or configure the pooler to pass it on.',
  )
}

/** SQLSTATE 23505 and 42P06. */
function isThereByNow(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== '23505' && code !== '42P06') throw error
}

/**
 * Lets a migration see extensions, which others may have put into another schema. Ours comes
 * first all the same, and is the one that things are made in.
 */
export async function seeExtensions(
  { sequelize, schema }: Pick<Database, 'sequelize' | 'schema'>,
  transaction: Transaction,
): Promise<void> {
  if (schema === null) return
  const [path] = await sequelize.query<{ path: string }>(
    `select concat_ws(', ', quote_ident($1), (
       select string_agg(distinct quote_ident(n.nspname), ', ')
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
       where n.nspname not in ('pg_catalog', $1))) as path`,
    { bind: [schema], type: QueryTypes.SELECT, transaction },
  )
  if (path) await sequelize.query(`set local search_path to ${path.path}`, { transaction })
}
