import { runStatement } from '../db/run-statement.js'
import type { Auth } from './auth.js'
import type { HostColumns, WithPerson } from './host-users/host-users.js'

/**
 * Refreshes a row of `users` from its source: the host application if the site has an adapter,
 * otherwise the table itself. A row that belongs to the other source cannot be used to sign in.
 *
 * @returns null if there is no such user any more
 */
export async function refreshUserRow<Row extends HostColumns>(
  { hostUsers }: Pick<Auth, 'hostUsers'>,
  row: Row | null | undefined,
): Promise<Row | WithPerson<Row> | null> {
  if (!row || (row.external_id !== null) !== (hostUsers !== null)) return null
  return hostUsers ? hostUsers.refresh(row) : row
}

/** Whether a user who is about to sign in still exists. */
export async function userStillExists(auth: Pick<Auth, 'hostUsers' | 'database'>, userId: number): Promise<boolean> {
  const [row] = await runStatement<HostColumns>(auth.database, undefined, OWNED, { userId })
  return (await refreshUserRow(auth, row)) !== null
}

const OWNED = `
select id, external_id, external_epoch, email, name, is_staff, is_superuser, locale, auth_epoch
from users where id = $userId and is_active`
