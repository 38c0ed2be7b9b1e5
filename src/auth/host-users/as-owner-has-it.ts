import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'
import type { OwnedColumns, WithPerson } from './host-users.js'

/**
 * A row of `users` as whoever owns it has it now: the application where the site has an
 * adapter, else this table itself. Nobody signs in with a row of the other's.
 *
 * @returns null: nobody, or nobody any more
 */
export async function asOwnerHasIt<Row extends OwnedColumns>(
  { hostUsers }: Pick<Auth, 'hostUsers'>,
  row: Row | null | undefined,
): Promise<Row | WithPerson<Row> | null> {
  if (!row || (row.external_id !== null) !== (hostUsers !== null)) return null
  return hostUsers ? hostUsers.refresh(row) : row
}

/** The same question about somebody who is about to sign in, by the id of the row. */
export async function isStillKnown(auth: Pick<Auth, 'hostUsers' | 'database'>, userId: number): Promise<boolean> {
  const [row] = await runStatement<OwnedColumns>(auth.database, undefined, OWNED, { userId })
  return (await asOwnerHasIt(auth, row)) !== null
}

const OWNED = `
select id, external_id, external_epoch, email, name, is_staff, is_superuser, locale, auth_epoch
from users where id = $userId and is_active`
