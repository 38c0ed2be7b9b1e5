import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Waits after incorrect passwords are counted for each login as it was typed. The row names the
 * accounts that have this login, so that they can end its waits.
 */
export const name = '0015-typed-logins'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(
    `alter table password_failures add column accounts text[] not null default '{}';
create index password_failures_accounts on password_failures using gin (accounts);`,
    { transaction },
  )
}
