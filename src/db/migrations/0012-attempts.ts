import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * What an owner is told of attempts on the account is found whatever else the audit trail
 * holds, and wrong codes in the owner's own browsers hide nobody else's from the mail.
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
