import { QueryTypes, type Transaction } from 'sequelize'
import { SiteError } from '../errors.js'
import type { Database } from './connect.js'
import { stateColumns, stateTrigger } from './migrations/device-states.js'
import type { KindMigrations, Migration } from './migrations/index.js'

/** The columns that the core reads of every kind's table, with what PostgreSQL calls their types. */
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
 * A kind's migrations, under the names that they are recorded by: `kind:yubikey/0001-initial`.
 * The first finds no table of the kind's name, the last leaves one that can be used, or
 * nothing of them stays.
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

/** A table that a kind made without `createDeviceTable` still tells a disabled device from an unfinished setup. */
async function addStates({ sequelize }: Database, kind: string, transaction: Transaction): Promise<void> {
  const table = `${kind}_devices`
  if (!(await isThere(sequelize, table, transaction))) return
  await sequelize.query(stateColumns(table) + stateTrigger(table), { transaction })
}

async function isThere(sequelize: Database['sequelize'], table: string, transaction: Transaction): Promise<boolean> {
  const [found] = await sequelize.query<{ there: boolean }>('select to_regclass($table) is not null as there', {
    bind: { table },
    type: QueryTypes.SELECT,
    transaction,
  })
  return found?.there ?? false
}

/** Throws `kind_table_taken`: before a kind's first migration a table of its name is somebody else's. */
async function assertTableFree({ sequelize }: Database, kind: string, transaction: Transaction): Promise<void> {
  if (!(await isThere(sequelize, `${kind}_devices`, transaction))) return
  throw new SiteError(
    'kind_table_taken',
    `The kind of device "${kind}" needs a table ${kind}_devices, but the database already has another table with that name.`,
    'Rename the kind or that table.',
  )
}

/**
 * Refuses a kind whose table could not be used: it is missing, or lacks a common column, or its
 * rows would outlive their owner. Throws `kind_table_missing` or `kind_column_missing`.
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

/** @returns null where there is no such table */
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
    ...((await goesWithItsOwner(database, table, transaction)) ? [] : ['user_id references users on delete cascade']),
    ...((await keepsItsState(database, table, transaction)) ? [] : ['the trigger keep_device_state']),
  ]
}

async function goesWithItsOwner(
  { sequelize }: Database,
  table: string,
  transaction: Transaction | null,
): Promise<boolean> {
  const found = await sequelize.query(
    `select from pg_constraint where conrelid = to_regclass($table) and confrelid = to_regclass('users')
      and contype = 'f' and confdeltype = 'c'`,
    { bind: { table }, type: QueryTypes.SELECT, transaction },
  )
  return found.length > 0
}

async function keepsItsState(
  { sequelize }: Database,
  table: string,
  transaction: Transaction | null,
): Promise<boolean> {
  const found = await sequelize.query(
    `select from pg_trigger where tgrelid = to_regclass($table) and tgname = 'keep_device_state' and tgenabled in ('O', 'A')`,
    { bind: { table }, type: QueryTypes.SELECT, transaction },
  )
  return found.length > 0
}
