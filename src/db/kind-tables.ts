import { QueryTypes, type Transaction } from 'sequelize'
import { SiteError } from '../errors.js'
import type { Database } from './connect.js'
import { stateColumns, stateTrigger } from './migrations/device-states.js'
import type { KindMigrations, Migration } from './migrations/index.js'

/** The columns that the core reads from every kind's table, with PostgreSQL's names for their types. */
const COMMON: Readonly<Record<string, string>> = {
  id: 'int4',
  user_id: 'int4',
  name: 'varchar',
  confirmed: 'bool',
  failure_count: 'int4',
  failed_at: 'timestamptz',
  created_at: 'timestamptz',
  confirmed_at: 'timestamptz',
  disabled_at: 'timestamptz',
  disabled_reason: 'varchar',
  last_used_at: 'timestamptz',
  last_used_from: 'varchar',
}

/**
 * Returns a kind's migrations under the names they are recorded by: `kind:yubikey/0001-initial`.
 * Before the first one it checks that the kind's table does not exist yet, and after the last
 * one that the table can be used. If not, that migration is rolled back.
 */
export function migrationsOfKind(kind: KindMigrations): Migration[] {
  return kind.migrations.map((migration, index) => ({
    name: `kind:${kind.name}/${migration.name}`,
    async up(database, transaction) {
      if (index === 0) await assertTableFree(database, kind.name, transaction)
      await migration.up(database, transaction)
      if (index < kind.migrations.length - 1) return
      await addStates(database, kind.name, transaction)
      await assertKindTables(database, [kind], transaction)
    },
  }))
}

/** Adds the state columns and the trigger to a table that a kind created without `createDeviceTable`. */
async function addStates({ sequelize }: Database, kind: string, transaction: Transaction): Promise<void> {
  const table = `${kind}_devices`
  if (!(await tableExists(sequelize, table, transaction))) return
  await sequelize.query(stateColumns(table) + stateTrigger(table), { transaction })
}

async function tableExists(
  sequelize: Database['sequelize'],
  table: string,
  transaction: Transaction,
): Promise<boolean> {
  const [row] = await sequelize.query<{ there: boolean }>('select to_regclass($table) is not null as there', {
    bind: { table },
    type: QueryTypes.SELECT,
    transaction,
  })
  return row?.there ?? false
}

/**
 * Checks that the kind's table does not exist. Before its first migration, a table of that
 * name belongs to something else.
 *
 * @throws SiteError `kind_table_taken`
 */
async function assertTableFree({ sequelize }: Database, kind: string, transaction: Transaction): Promise<void> {
  if (!(await tableExists(sequelize, `${kind}_devices`, transaction))) return
  throw new SiteError(
    'kind_table_taken',
    `The kind of device "${kind}" needs a table ${kind}_devices, but the database already has another table with that name.`,
    'Rename the kind or that table.',
  )
}

/**
 * Checks that each kind's table exists, has every common column and deletes a user's rows
 * together with the user.
 *
 * @throws SiteError `kind_table_missing`, `kind_column_missing`
 */
export async function assertKindTables(
  database: Database,
  kinds: readonly KindMigrations[],
  transaction?: Transaction,
): Promise<void> {
  for (const kind of kinds) {
    const lacking = await lackingColumns(database, `${kind.name}_devices`, transaction ?? null)
    if (lacking === null) throw tableMissing(kind.name)
    if (lacking.length > 0)
      throw new SiteError(
        'kind_column_missing',
        `The table ${kind.name}_devices is missing columns that every device table needs: ${lacking.join(', ')}.`,
        "Create the table with createDeviceTable() in the kind's first migration.",
      )
  }
}

function tableMissing(kind: string): SiteError {
  return new SiteError(
    'kind_table_missing',
    `The kind of device "${kind}" has no table ${kind}_devices.`,
    "Create it in the kind's first migration, and pass the kind to migrate() before the site starts.",
  )
}

/** @returns what the table lacks, or null if there is no such table */
async function lackingColumns(
  database: Database,
  table: string,
  transaction: Transaction | null,
): Promise<string[] | null> {
  const columns = await database.sequelize.query<{ name: string; type: string }>(
    `select attname as name, typname as type from pg_attribute join pg_type on pg_type.oid = atttypid
    where attrelid = to_regclass($table) and attnum > 0 and not attisdropped`,
    { bind: { table }, type: QueryTypes.SELECT, transaction },
  )
  if (columns.length === 0) return null
  const has = new Map(columns.map(({ name, type }) => [name, type]))
  const lacking = Object.entries(COMMON).filter(([name, type]) => has.get(name) !== type)
  const wrong = lacking.map(([name, type]) => `${name} (${type})`)
  return [
    ...wrong,
    ...((await cascadesFromUsers(database, table, transaction)) ? [] : ['user_id references users on delete cascade']),
    ...((await hasStateTrigger(database, table, transaction)) ? [] : ['the trigger keep_device_state']),
  ]
}

async function cascadesFromUsers(
  { sequelize }: Database,
  table: string,
  transaction: Transaction | null,
): Promise<boolean> {
  const rows = await sequelize.query(
    `select from pg_constraint where conrelid = to_regclass($table) and confrelid = to_regclass('users')
      and contype = 'f' and confdeltype = 'c'`,
    { bind: { table }, type: QueryTypes.SELECT, transaction },
  )
  return rows.length > 0
}

async function hasStateTrigger(
  { sequelize }: Database,
  table: string,
  transaction: Transaction | null,
): Promise<boolean> {
  const rows = await sequelize.query(
    `select from pg_trigger where tgrelid = to_regclass($table) and tgname = 'keep_device_state' and tgenabled in ('O', 'A')`,
    { bind: { table }, type: QueryTypes.SELECT, transaction },
  )
  return rows.length > 0
}
