import { QueryTypes, type Transaction } from 'sequelize'
import { SiteError } from '../errors.js'
import type { Database } from './connect.js'

type InSchema = Pick<Database, 'pool' | 'schema'>

/**
 * Creates the schema of `DATABASE_SCHEMA` if it does not exist, and checks that connections use it.
 *
 * @throws SiteError `schema_not_searched` if not: the tables would be created in another schema
 */
export async function prepareSchema({ pool, schema }: InSchema): Promise<void> {
  if (schema === null) return
  const { rows } = await pool.query('select from pg_namespace where nspname = $1', [schema])
  // If two processes start at once, "if not exists" does not protect the second one from an error.
  if (rows.length === 0) await pool.query(`create schema if not exists ${schema}`).catch(ignoreDuplicate)
  const arrived = await pool.query<{ schema: string | null }>('select current_schema() as schema')
  if (arrived.rows[0]?.schema === schema) return
  throw new SiteError(
    'schema_not_searched',
    `Connections to this database do not use the schema ${schema}.`,
    'A connection pooler may be dropping the `options` parameter. Connect directly, or configure the pooler to pass it on.',
  )
}

/** Ignores SQLSTATE 23505 (unique violation) and 42P06 (duplicate schema). */
function ignoreDuplicate(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== '23505' && code !== '42P06') throw error
}

/**
 * Adds the schemas of extensions to a migration's search path, because an extension can be
 * installed in another schema. The site's schema stays first, so new tables are created there.
 */
export async function addExtensionsToSearchPath(
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
