import type { Keyring } from '../crypto/keyring.js'
import type { Database } from './connect.js'
import { runStatement } from './run-statement.js'

/** Milliseconds for which a key that has left SECRET_KEYS still signs for sessions: none is older. */
const SESSION_LIFE_MS = 24 * 3600 * 1000

/** What this database knows about the keys of a process. */
export interface KeyStanding {
  /** IDs of keys that were used with this database and are not known here. */
  missing: string[]
  /** Keys were used with this database, and none of them is known here. */
  isStranger: boolean
}

interface KeyRow {
  id: string
  sealed: string
  supersededAt: Date | null
}

/**
 * Makes known what remains of keys that have left SECRET_KEYS: what was hashed with one is
 * still found, and sessions that it signed go on for a day.
 */
export async function recallKeys(database: Pick<Database, 'pool'>, keys: Keyring, now: Date): Promise<KeyStanding> {
  const rows = await runStatement<KeyRow>(database, undefined, READ, {})
  const missing = rows.filter(({ id, sealed, supersededAt }) => {
    const sessions = supersededAt !== null && now.getTime() - supersededAt.getTime() < SESSION_LIFE_MS
    return !keys.unwrap(id, sealed, { sessions }) && !keys.ids.includes(id)
  })
  return { missing: missing.map(({ id }) => id), isStranger: rows.length > 0 && missing.length === rows.length }
}

/** Writes down what has to outlive each key of the configuration, unless that has been done before. */
export async function recordKeys(database: Pick<Database, 'pool'>, keys: Keyring, now: Date): Promise<void> {
  const { ids } = keys
  const rows = ids.map((id, index) => ({ id, sealed: keys.wrap(id), superseded: index > 0 }))
  await runStatement(database, undefined, RECORD, { rows: JSON.stringify(rows), known: ids, now })
}

/** Keys that are not the newest are on their way out: sessions that they signed have a day from now. */
export async function markSuperseded(database: Pick<Database, 'pool'>, keys: Keyring, now: Date): Promise<void> {
  await runStatement(database, undefined, MARK, { newest: keys.ids[0], known: keys.ids, now })
}

/** Forgets keys that are lost, once nothing needs them any more. @param needed IDs that something still names */
export async function forgetKeys(
  database: Pick<Database, 'pool'>,
  keys: Keyring,
  needed: readonly string[],
): Promise<void> {
  await runStatement(database, undefined, FORGET, { known: keys.ids, needed })
}

const READ = 'select id, sealed, superseded_at as "supersededAt" from secret_keys order by created_at, id'

// A row that a key unknown here has sealed is of no use to anybody but its owner, who has this key as well.
const RECORD = `
insert into secret_keys (id, sealed, created_at, superseded_at)
select row.id, row.sealed, $now::timestamptz, case when row.superseded then $now::timestamptz end
from json_to_recordset($rows::json) as row (id text, sealed text, superseded boolean)
on conflict (id) do update set sealed = excluded.sealed
where split_part(secret_keys.sealed, '.', 2) <> all($known::text[])`

const MARK = `
update secret_keys set superseded_at = case when id <> $newest then $now::timestamptz end
where id = any($known::text[])`

const FORGET = `
delete from secret_keys
where split_part(sealed, '.', 2) <> all($known::text[]) and id <> all($needed::text[])`
