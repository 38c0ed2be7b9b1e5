import type { Database } from '../../src/db/connect.js'

/** Every row of every table as text, by table, so that two snapshots can be compared. */
export type Snapshot = Record<string, string[]>

/**
 * The state of a table: a session's `expire` moves with every request, a rejected call is
 * recorded, and a correct password leaves a row without failures until it is swept.
 */
const states: Readonly<Record<string, string>> = {
  sessions: 'select sid, sess::text from sessions',
  audit_events: "select * from audit_events where event <> 'panel_refused'",
  password_failures: 'select * from password_failures where failures > 0',
}

/** @param leaveOut tables that the tested request can write to */
export async function takeSnapshot(database: Database, leaveOut: readonly string[] = []): Promise<Snapshot> {
  const { rows } = await database.pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  )
  const snapshot: Snapshot = {}
  for (const { name } of rows.filter((row) => !leaveOut.includes(row.name)))
    snapshot[name] = await rowsOf(database, name)
  const jobs = await database.pool.query<{ count: string }>('select count(*) from graphile_worker.jobs')
  return { ...snapshot, jobs: jobs.rows.map(({ count }) => count) }
}

async function rowsOf(database: Database, table: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ row: string }>(
    `select t::text as row from (${states[table] ?? `select * from ${table}`}) t order by 1`,
  )
  return rows.map(({ row }) => row)
}
