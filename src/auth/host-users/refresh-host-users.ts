import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import { findHostUser } from './host-users.js'
import { deactivateMirror, updateMirror } from './mirror-user.js'
import type { UsersAdapter } from './users-adapter.js'

/**
 * Updates rows of `users` from the host application before a decision is based on them. Calls the
 * adapter regardless of `cacheSeconds`, and outside of any transaction.
 */
export async function refreshHostUsers(
  adapter: UsersAdapter,
  database: Database,
  ids: readonly number[],
): Promise<void> {
  const rows = await runStatement<{ id: number; externalId: string }>(database, undefined, FIND, { ids })
  for (const row of rows) await refreshPerson(adapter, database, row)
}

/** Also updates deactivated users: they could be reactivated, and then need their current flags. */
async function refreshPerson(
  adapter: UsersAdapter,
  database: Database,
  { id, externalId }: { id: number; externalId: string },
): Promise<void> {
  const person = (await findHostUser(adapter, externalId))?.person
  if (person) await updateMirror(database, id, person)
  if (!person?.isActive) await deactivateMirror(database, id)
}

const FIND = `
select id, external_id as "externalId" from users where id = any($ids) and external_id is not null order by id`
