import type { Database } from './connect.js'
import { runStatement } from './run-statement.js'

/** What one process leaves for others to know, the command line above all. */
export interface SiteFacts {
  /** Where people and their passwords are: our own table, or the application's. */
  people: 'here' | 'application'
}

/** Writes a fact down where it is not known yet. */
export async function stateFact<Name extends keyof SiteFacts>(
  database: Pick<Database, 'pool'>,
  name: Name,
  value: SiteFacts[Name],
): Promise<void> {
  await runStatement(database, undefined, STATE, { name, value })
}

/** Whether something was the case when the site last started. */
export async function isFact<Name extends keyof SiteFacts>(
  database: Pick<Database, 'pool'>,
  name: Name,
  value: SiteFacts[Name],
): Promise<boolean> {
  const rows = await runStatement(database, undefined, ASK, { name, value })
  return rows.length > 0
}

const STATE = `
insert into site_facts (name, value) values ($name, $value)
on conflict (name) do update set value = excluded.value where site_facts.value <> excluded.value`

const ASK = 'select name from site_facts where name = $name and value = $value'
