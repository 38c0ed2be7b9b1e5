import { nowhere, recordEvent } from '../../audit.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { KnownPerson } from './users-adapter.js'

/** The row of `users` that stands for somebody of the application's. */
export interface Shadow {
  id: number
  authEpoch: number
}

/**
 * Makes or refreshes that row at a sign-in. Two first sign-ins at once make one row. Another
 * epoch of the application's is another one here, and ends all sessions.
 */
export async function keepShadow(database: Database, person: KnownPerson, at: Date): Promise<Shadow> {
  return database.sequelize.transaction(async (transaction) => {
    const [row] = await runStatement<Shadow & { made: boolean }>(database, transaction, KEEP, { ...person, at })
    if (!row) throw new Error('A row was neither inserted nor updated.')
    if (row.made)
      await recordEvent(database, transaction, {
        event: 'user_created',
        at,
        userId: row.id,
        origin: nowhere,
        details: { is_staff: person.isStaff, is_superuser: person.isSuperuser, by: 'application' },
      })
    return { id: row.id, authEpoch: row.authEpoch }
  })
}

/** Brings the row up to date. @returns the epoch that a session must have to go on */
export async function refreshShadow(database: Database, id: number, person: KnownPerson): Promise<number> {
  const [row] = await runStatement<{ authEpoch: number }>(database, undefined, REFRESH, { ...person, shadow: id })
  if (!row) throw new Error('The row of a signed-in user is missing.')
  return row.authEpoch
}

/** Somebody is gone or switched off over there: here he is, too, and his sessions end. */
export async function closeShadow(database: Database, id: number): Promise<void> {
  await runStatement(database, undefined, CLOSE, { id })
}

/** For the audit trail. */
export async function findShadow(database: Database, externalId: string): Promise<number | null> {
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
