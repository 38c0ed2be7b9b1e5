import { QueryTypes, type Transaction } from 'sequelize'
import type { Database } from '../connect.js'
import { deviceStateFunction, stateColumns, stateTrigger } from './device-states.js'

/**
 * Records in the row whether a device is disabled or its setup is not finished, for the tables
 * of all kinds, including custom ones. Existing rows are classified by what is known about them.
 */
export const name = '0005-device-states'

const builtIn = ['totp', 'webauthn', 'hotp', 'phone', 'email', 'static']

/** Conditions that show a finished setup, by kind. Sets of backup tokens and security keys are never unfinished. */
const ownSigns: Readonly<Record<string, string>> = { totp: 'd.last_step >= 0', static: 'true', webauthn: 'true' }

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(deviceStateFunction, { transaction })
  for (const kind of [...builtIn, ...(await addedKinds(sequelize, transaction))])
    await sequelize.query(stateColumns(`${kind}_devices`) + classify(kind) + stateTrigger(`${kind}_devices`), {
      transaction,
    })
  await sequelize.query(
    'alter table webauthn_challenges add column user_id integer references users (id) on delete cascade',
    { transaction },
  )
}

/** Lists the custom kinds whose migrations ran on this database, registered in this process or not. */
async function addedKinds(sequelize: Database['sequelize'], transaction: Transaction): Promise<string[]> {
  const rows = await sequelize.query<{ kind: string }>(
    `select distinct kind from (select split_part(substr(name, 6), '/', 1) as kind from migrations where starts_with(name, 'kind:')) known
    where kind ~ '^[a-z][a-z0-9]{0,15}$' and to_regclass(kind || '_devices') is not null order by kind`,
    { type: QueryTypes.SELECT, transaction },
  )
  return rows.map(({ kind }) => kind)
}

// The audit log might have been pruned, so every other sign is used as well. A device mistaken
// for an unfinished setup would be removed, and its owner could sign in with the password alone.
const classify = (kind: string) => `
update ${kind}_devices set confirmed_at = created_at where confirmed;
update ${kind}_devices d set
  confirmed_at = d.created_at,
  disabled_at = coalesce((
    select e.at from audit_events e where e.user_id = d.user_id and e.device = '${kind}/' || d.id
    and e.event = 'device_switched_off' order by e.id desc limit 1), d.failed_at, now()),
  disabled_reason = case when d.failure_count >= 100 then 'failures' else 'administrator' end
where not d.confirmed and (
  d.last_used_at is not null or d.failure_count >= 100 or ${ownSigns[kind] ?? 'false'}
  or exists (select from audit_events e where e.user_id = d.user_id and e.device = '${kind}/' || d.id
    and e.event in ('device_added', 'device_switched_off'))
  or exists (select from users u where u.id = d.user_id and u.default_device = '${kind}/' || d.id)
);`
