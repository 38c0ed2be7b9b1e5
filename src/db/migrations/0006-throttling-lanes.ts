import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'
import { shippedGroups as before } from './0004-shipped-groups.js'

/**
 * Adds separate counts of failures by where they came from (src/otp/throttle/failures.ts). Staff who
 * can reset a second factor can now also unlock a user, which changes less.
 */
export const name = '0006-throttling-lanes'

/** Permissions of the shipped groups from this migration on. */
export const shippedGroups: typeof before = Object.fromEntries(
  Object.entries(before).map(([group, permissions]) => [
    group,
    permissions.includes('users.resetSecondFactor') ? [...permissions, 'users.unlock'] : permissions,
  ]),
)

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(
    `alter table users
      add column token_failed_lanes text[] not null default '{}',
      add column token_failures jsonb not null default '{}';
    alter table known_browsers add column verified_at timestamptz;
    update groups set permissions = array_append(permissions, 'users.unlock')
      where 'users.resetSecondFactor' = any(permissions) and not 'users.unlock' = any(permissions);`,
    { transaction },
  )
}
