import { QueryTypes, type Sequelize } from 'sequelize'
import { z } from 'zod'
import { SiteError } from '../errors.js'
import type { Database } from './connect.js'
import { migrationsOfKind } from './kind-tables.js'
import { type KindMigrations, type Migration, migrations } from './migrations/index.js'
import { prepareSchema, addExtensionsToSearchPath } from './schema.js'

/** graphile-worker creates the schema of the job queue; raise the version with the dependency. */
const JOB_QUEUE = 'graphile-worker-0.16'
const SITE_MIGRATIONS: readonly string[] = [...migrations.map((migration) => migration.name), JOB_QUEUE]

/** Any number that nothing else in this database locks. */
const MIGRATION_LOCK = 0x6f747061

const rowsSchema = z.array(z.object({ name: z.string() }))

/**
 * Brings the database up to date. Any number of processes can call it at once: they take turns.
 * Makes one query if there is nothing to do.
 *
 * @param database from `connectDatabase`
 * @param kinds custom kinds of device: their migrations run after the site's, and are recorded as
 *   `kind:<kind>/<migration>`
 * @returns the names of the migrations that ran, in order
 * @throws SiteError `database_newer` if a later release has migrated this database; for custom kinds
 *   `kind_table_taken`, `kind_table_missing`, `kind_column_missing`
 * @example const names = await migrate(database, [yubikey]) // ['kind:yubikey/0001-devices']
 */
export async function migrate(database: Database, kinds: readonly KindMigrations[] = []): Promise<string[]> {
  const executed = await executedMigrations(database.sequelize)
  assertAllKnown(executed, kinds)
  if (isComplete(executed, kinds)) return []
  return await database.unhurried((patient) => oneAtATime(patient, () => runPending(patient, kinds)))
}

/** Runs the work under an advisory lock, so that only one process migrates this database at a time. */
async function oneAtATime<T>({ pool }: Database, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    return await work()
  } finally {
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).finally(() => client.release())
  }
}

/**
 * Checks that no later release has migrated the database.
 *
 * @throws SiteError `database_newer`
 */
export async function assertNotNewer(database: Database): Promise<void> {
  assertAllKnown(await executedMigrations(database.sequelize), [])
}

/** Whether every migration of this release, and of these kinds, has run. */
export async function isMigrated(database: Database, kinds: readonly KindMigrations[] = []): Promise<boolean> {
  return isComplete(await executedMigrations(database.sequelize), kinds)
}

const knownNames = (kinds: readonly KindMigrations[]): readonly string[] => [
  ...SITE_MIGRATIONS,
  ...kinds.flatMap(migrationsOfKind).map(({ name }) => name),
]

const isComplete = (executed: readonly string[], kinds: readonly KindMigrations[]): boolean =>
  knownNames(kinds).every((name) => executed.includes(name))

/** Throws for unknown migrations, except those of kinds that are not registered here: only the kind reads its table. */
function assertAllKnown(executed: readonly string[], kinds: readonly KindMigrations[]): void {
  const known = knownNames(kinds)
  const isForeign = (name: string) =>
    name.startsWith('kind:') && !kinds.some((kind) => name.startsWith(`kind:${kind.name}/`))
  const unknown = executed.filter((name) => !known.includes(name) && !isForeign(name))
  if (unknown.length === 0) return
  throw new SiteError(
    'database_newer',
    `The database was migrated by a newer release. This release does not know ${unknown.join(', ')}.`,
    'Run that release or a later one, or restore a backup made before its migration.',
  )
}

async function runPending(database: Database, kinds: readonly KindMigrations[]): Promise<string[]> {
  const { sequelize } = database
  await prepareSchema(database)
  await sequelize.query('create table if not exists migrations (name varchar(255) primary key)')
  // Loaded here because most starts have nothing to migrate, and umzug's command line is as large as Sequelize.
  const { Umzug } = await import('umzug')
  const umzug = new Umzug({
    migrations: [
      ...migrations.map((migration) => inTransaction(database, migration)),
      jobQueue(database),
      ...kinds.flatMap(migrationsOfKind).map((migration) => inTransaction(database, migration)),
    ],
    // Every migration records itself in its own transaction, so that it cannot run without being recorded.
    storage: { executed: async () => executedMigrations(sequelize), logMigration: async () => {}, unlogMigration },
    logger: undefined,
  })
  const ran = await umzug.up().catch((error: unknown) => {
    // Umzug wraps what a migration threw.
    throw error instanceof Error && error.cause instanceof SiteError ? error.cause : error
  })
  return ran.map((migration) => migration.name)
}

/** Inserts the row first, as a lock: a second process waits for the first one's commit and then skips the migration. */
function inTransaction(database: Database, { name, up }: Migration) {
  const run = async () =>
    await database.sequelize.transaction(async (transaction) => {
      const recorded = await database.sequelize.query<{ name: string }>(
        'insert into migrations (name) values ($1) on conflict do nothing returning name',
        { bind: [name], transaction, type: QueryTypes.SELECT },
      )
      if (recorded.length === 0) return
      await addExtensionsToSearchPath(database, transaction)
      await up(database, transaction)
    })
  return { name, up: run }
}

/** Creates the job queue. It commits step by step on its own connection and can be repeated after a crash. */
function jobQueue({ sequelize, pool, jobsSchema }: Database) {
  const run = async () => {
    const { Logger, runMigrations } = await import('graphile-worker')
    // Its own logger writes to the console. An error is also thrown, and the caller logs it.
    const logger = new Logger(() => () => {})
    await runMigrations({ pgPool: pool, schema: jobsSchema, logger })
    await sequelize.query('insert into migrations (name) values ($1) on conflict do nothing', { bind: [JOB_QUEUE] })
  }
  return { name: JOB_QUEUE, up: run }
}

async function unlogMigration(): Promise<void> {
  throw new Error('Migrations cannot be undone. Restore a backup instead.')
}

/** Returns the recorded migrations, sorted by name; none if the table does not exist yet. */
async function executedMigrations(sequelize: Sequelize): Promise<string[]> {
  try {
    const rows = await sequelize.query('select name from migrations order by name', { type: QueryTypes.SELECT })
    return rowsSchema.parse(rows).map((row) => row.name)
  } catch (error) {
    if (isUndefinedTable(error)) return []
    throw error
  }
}

/** SQLSTATE 42P01, as pg reports it inside Sequelize's error. */
const isUndefinedTable = (error: unknown): boolean =>
  z.object({ original: z.object({ code: z.literal('42P01') }) }).safeParse(error).success
