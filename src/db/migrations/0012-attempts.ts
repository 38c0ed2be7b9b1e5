import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Adds an index for the failed attempts that a user is shown, so that a large audit log does
 * not slow it down, and a separate warning time for wrong codes from the user's own browsers,
 * so that these do not suppress the email about wrong codes from elsewhere.
 */
export const name = '0012-attempts'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(
    `
create index audit_events_refused on audit_events (user_id, id) where event = 'token_refused';
alter table users add column own_warned_at timestamptz;`,
    { transaction },
  )
}
