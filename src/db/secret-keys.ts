import type { Keyring } from '../crypto/keyring.js'
import type { Database } from './connect.js'
import { runStatement } from './run-statement.js'

/** Milliseconds for which sessions signed with a key outside SECRET_KEYS remain valid: the longest life of a session. */
const SESSION_LIFE_MS = 24 * 3600 * 1000

/** How the keys of this process compare with those that were used with this database. */
export interface KeyStatus {
  /** IDs of keys that were used with this database but that this process does not have. */
  missing: string[]
  /** This process has none of the keys that were used with this database. */
  isStranger: boolean
}

interface KeyRow {
  id: string
  sealed: string
  supersededAt: Date | null
}

/**
 * Loads what remains of keys that were removed from SECRET_KEYS into the keyring. Values hashed
 * with such a key are still found, and sessions signed with it remain valid for a day.
 */
export async function recallKeys(database: Pick<Database, 'pool'>, keys: Keyring, now: Date): Promise<KeyStatus> {
  const rows = await runStatement<KeyRow>(database, undefined, READ, {})
  const missing = rows.filter(({ id, sealed, supersededAt }) => {
    const sessions = supersededAt !== null && now.getTime() - supersededAt.getTime() < SESSION_LIFE_MS
    return !keys.unwrap(id, sealed, { sessions }) && !keys.ids.includes(id)
  })
  return { missing: missing.map(({ id }) => id), isStranger: rows.length > 0 && missing.length === rows.length }
}

/** Stores what must remain of each configured key after its removal, unless it is stored already. */
export async function recordKeys(database: Pick<Database, 'pool'>, keys: Keyring, now: Date): Promise<void> {
  const { ids } = keys
  const rows = ids.map((id, index) => ({ id, sealed: keys.wrap(id), superseded: index > 0 }))
  await runStatement(database, undefined, RECORD, { rows: JSON.stringify(rows), known: ids, now })
}

/** Records since when keys are not the newest. Sessions signed with them remain valid for a day from then. */
export async function markSuperseded(database: Pick<Database, 'pool'>, keys: Keyring, now: Date): Promise<void> {
  await runStatement(database, undefined, MARK, { newest: keys.ids[0], known: keys.ids, now })
}

/** Deletes records of lost keys that nothing needs. @param needed IDs that stored values still refer to */
export async function forgetKeys(
  database: Pick<Database, 'pool'>,
  keys: Keyring,
  needed: readonly string[],
): Promise<void> {
  await runStatement(database, undefined, FORGET, { known: keys.ids, needed })
}

const READ = 'select id, sealed, superseded_at as "supersededAt" from secret_keys order by created_at, id'

// A row sealed with an unknown key is overwritten: a process that has that key has this one as well.
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
