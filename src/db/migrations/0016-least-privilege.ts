import { QueryTypes, type Transaction } from 'sequelize'
import type { Database } from '../connect.js'
import { shippedGroups as before } from './0006-throttling-lanes.js'

/**
 * From here on, staff who are in no group have no permissions. Those who had them for that reason
 * become members of a new group, Administrators, so that nobody loses access with the upgrade.
 * The other shipped groups get their final names, and permissions for kinds of device added later.
 */
export const name = '0016-least-privilege'

const seeing = ['users.view', '*_devices.view', 'trusted_browsers.view']
const helping = ['users.invite', 'users.resetSecondFactor', 'users.unlock']
const running = [
  ...seeing,
  'groups.view',
  'audit_events.view',
  ...helping,
  'users.add',
  'users.change',
  'users.giveBackupToken',
  'users.endSessions',
  '*_devices.change',
  '*_devices.delete',
  'trusted_browsers.delete',
]

/** Permissions of the shipped groups from this migration on. */
export const shippedGroups: Readonly<Record<string, readonly string[]>> = {
  Administrators: ['*.view', ...running],
  'Help desk': [...seeing, ...helping],
  Auditors: [...seeing, 'groups.view', 'audit_events.view'],
  'People admins': running,
}

/** The earlier names. A group is renamed unless the new name is taken, and changed unless an operator changed it. */
const RENAMED = [
  ['Helpdesk', 'Help desk'],
  ['Auditor', 'Auditors'],
  ['People admin', 'People admins'],
] as const

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  const open = await sequelize.query<{ id: number }>(OPEN_INVITATIONS, { type: QueryTypes.SELECT, transaction })
  for (const [old, now] of RENAMED) {
    const bind = { old, now, permissions: before[old], replaced: shippedGroups[now] }
    await sequelize.query(
      `update groups set permissions = $replaced
        where name = $old and permissions <@ $permissions::text[] and permissions @> $permissions::text[]`,
      { bind, transaction },
    )
    await sequelize.query(
      'update groups set name = $now where name = $old and not exists (select from groups where name = $now)',
      { bind, transaction },
    )
  }
  await sequelize.query(KEEP_ACCESS, { bind: { permissions: shippedGroups['Administrators'] }, transaction })
  await sequelize.query(KEEP_INVITATIONS, { bind: { open: open.map(({ id }) => id) }, transaction })
}

/**
 * Superusers need no group. People who are not staff could not open the panel and still cannot. An
 * operator's own group of that name can have other permissions, so nobody is added to it.
 */
const KEEP_ACCESS = `with free as (
    select place, case when place = 0 then 'Administrators' else format('Administrators (upgraded %s)', place) end as name
      from generate_series(0, 100) place
  ), administrators as (
    insert into groups (name, permissions) select name, $permissions::text[] from free
      where not exists (select from groups g where g.name = free.name) order by place limit 1 returning id)
  insert into user_groups (user_id, group_id)
  select u.id, a.id from users u, administrators a where u.is_staff and not u.is_superuser
    and not exists (select from user_groups m where m.user_id = u.id)`

/** SQL of the permissions of a link's user, as the release before stored them: with an empty text for any group, and null without one. */
const GRANTED_BEFORE = `coalesce((select jsonb_agg(p) from user_groups m join groups g on g.id = m.group_id,
  unnest(array_append(g.permissions, '')) p where m.user_id = l.user_id), 'null')`

/** Invitations that work before the upgrade. */
const OPEN_INVITATIONS = `select id from one_time_links l
  where l.used_at is null and l.details -> 'rights' is not null and l.details #> '{rights,granted}' @> ${GRANTED_BEFORE}`

/** The same permissions have other names now. */
const KEEP_INVITATIONS = `update one_time_links l set details = jsonb_set(l.details, '{rights,granted}',
  coalesce((select jsonb_agg(p) from user_groups m join groups g on g.id = m.group_id, unnest(g.permissions) p
    where m.user_id = l.user_id), '[]')) where l.id = any($open::int[])`
