import type { Transaction } from 'sequelize'
import type { Database } from './connect.js'
import { runStatement } from './run-statement.js'

/** Facts that one process stores for others, mostly for the command line. */
export interface SiteMetadata {
  /** Where users and their passwords are stored: in the site's table, or in the application. */
  people: 'here' | 'application'
}

/** Stores a fact, unless it is stored already. */
export async function setMetadata<Name extends keyof SiteMetadata>(
  database: Pick<Database, 'pool'>,
  name: Name,
  value: SiteMetadata[Name],
): Promise<void> {
  await runStatement(database, undefined, STATE, { name, value })
}

/** Whether a fact had this value when the site last started. */
export async function hasMetadata<Name extends keyof SiteMetadata>(
  database: Pick<Database, 'pool'>,
  name: Name,
  value: SiteMetadata[Name],
  transaction?: Transaction,
): Promise<boolean> {
  const rows = await runStatement(database, transaction, READ, { name, value })
  return rows.length > 0
}

const STATE = `
insert into site_facts (name, value) values ($name, $value)
on conflict (name) do update set value = excluded.value where site_facts.value <> excluded.value`

const READ = 'select name from site_facts where name = $name and value = $value'
