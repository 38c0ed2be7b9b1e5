import { noClient, recordAuditEvent } from '../../audit/record-event.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { ParsedHostUser } from './users-adapter.js'

/** The row of `users` that mirrors a user of the host application. */
export interface MirroredUser {
  id: number
  authEpoch: number
}

/**
 * Inserts or updates the row at a sign-in. Two first sign-ins at once create one row. If the host's
 * epoch has changed, the site's is increased as well, which ends all sessions.
 */
export async function upsertMirror(database: Database, person: ParsedHostUser, at: Date): Promise<MirroredUser> {
  return database.sequelize.transaction(async (transaction) => {
    const [row] = await runStatement<MirroredUser & { made: boolean }>(database, transaction, KEEP, { ...person, at })
    if (!row) throw new Error('A row was neither inserted nor updated.')
    if (row.made)
      await recordAuditEvent(database, transaction, {
        event: 'user_created',
        at,
        userId: row.id,
        client: noClient,
        details: { is_staff: person.isStaff, is_superuser: person.isSuperuser, by: 'application' },
      })
    return { id: row.id, authEpoch: row.authEpoch }
  })
}

/**
 * Updates the row.
 *
 * @returns the epoch that a session needs to continue
 */
export async function updateMirror(database: Database, id: number, person: ParsedHostUser): Promise<number> {
  const [row] = await runStatement<{ authEpoch: number }>(database, undefined, REFRESH, { ...person, shadow: id })
  if (!row) throw new Error('The row of a signed-in user is missing.')
  return row.authEpoch
}

/** Deactivates the row of a user whom the host removed or deactivated, and ends all their sessions. */
export async function deactivateMirror(database: Database, id: number): Promise<void> {
  await runStatement(database, undefined, CLOSE, { id })
}

/** Finds the row of a host's user, for the audit log. */
export async function findMirror(database: Database, externalId: string): Promise<number | null> {
  const [row] = await runStatement<{ id: number }>(database, undefined, FIND, { externalId })
  return row?.id ?? null
}

const RAISED = `auth_epoch + case when users.external_epoch is distinct from $epoch::text then 1 else 0 end`

const KEEP = `
insert into users (external_id, external_epoch, email, name, is_staff, is_superuser, is_active, locale, created_at)
values ($id, $epoch::text, $email, $name, $isStaff, $isSuperuser, true, $locale::text, $at)
on conflict (external_id) do update set
  auth_epoch = users.${RAISED}, external_epoch = excluded.external_epoch, email = excluded.email, name = excluded.name,
  is_staff = excluded.is_staff, is_superuser = excluded.is_superuser, is_active = true,
  locale = coalesce(excluded.locale, users.locale)
returning id, auth_epoch as "authEpoch", (xmax = 0) as made`

const REFRESH = `
update users set auth_epoch = ${RAISED}, external_epoch = $epoch::text, email = $email, name = $name,
  is_staff = $isStaff, is_superuser = $isSuperuser, locale = coalesce($locale::text, locale)
where id = $shadow returning auth_epoch as "authEpoch"`

const CLOSE = `update users set is_active = false, auth_epoch = auth_epoch + 1 where id = $id and is_active`

const FIND = `select id from users where external_id = $externalId`
