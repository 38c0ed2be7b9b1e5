import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'

/** The site's tables without a model. test/embedding/own-tables.test.ts compares all tables with a new database. */
const WITHOUT_MODEL = [
  'challenge_sends',
  'job_processes',
  'kept_requests',
  'known_browsers',
  'migrations',
  'one_time_links',
  'password_failures',
  'rate_limits',
  'repeated_forms',
  'secret_keys',
  'seeders',
  'sessions',
  'site_facts',
  'static_tokens',
  'user_groups',
  'webauthn_challenges',
]

/** A table or view in PostgreSQL's catalogue. */
export interface Relation {
  oid: string
  schema: string
  name: string
}

/** Identifies one database of one server, regardless of the connection. */
export interface Place {
  /** The system identifier, which replicas share; null if the role cannot read it. */
  system: string | null
  started: string
  database: string
}

/** The site's tables and schemas on the server. */
export interface OwnRelations {
  place: Place
  relations: readonly Relation[]
  /** Names of the site's tables, in lower case, and the schemas that only the site uses. */
  names: ReadonlySet<string>
  schemas: ReadonlySet<string>
}

/**
 * Reads which tables and schemas of the database belong to the site.
 *
 * @param kinds tables of kinds of device, those of custom kinds included
 */
export async function readOwnRelations(database: Database, kinds: readonly string[]): Promise<OwnRelations> {
  const names = ownTables(database, kinds)
  const schemas = [database.jobsSchema, `${database.jobsSchema}_private`, ...(database.schema ? [database.schema] : [])]
  const [row] = await runStatement<Place>(database, undefined, PLACE, {})
  if (!row) throw new Error('The server does not report which database this is.')
  const relations = await runStatement<Relation>(database, undefined, OURS, { names, schemas })
  return { place: row, relations, names: new Set(names), schemas: new Set(schemas) }
}

/**
 * Lists the tables that the site creates.
 *
 * @param kinds tables of kinds of device
 */
export function ownTables({ models }: Pick<Database, 'models'>, kinds: readonly string[]): string[] {
  return [...new Set([...Object.values(models).map(({ tableName }) => tableName), ...WITHOUT_MODEL, ...kinds])]
}

/** Checks whether two connections use the same database, also through a replica. */
export function isSamePlace(one: Place, other: Place): boolean {
  const isSameServer = one.started === other.started || (one.system !== null && one.system === other.system)
  return isSameServer && one.database === other.database
}

/** Identifies the database. Checks the privilege first, because calling the function without it is an error. */
export const PLACE = `
select case when has_function_privilege('pg_control_system()', 'execute')
    then (select system_identifier::text from pg_control_system()) end as system,
  extract(epoch from pg_postmaster_start_time())::text as started,
  (select oid::int8::text from pg_database where datname = current_database()) as database`

const OURS = `
select c.oid::int8::text as oid, n.nspname::text as schema, c.relname::text as name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($schemas::text[]) or (n.nspname = any(current_schemas(false)) and c.relname = any($names::text[]))`
