import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/** Adds the order of the list of people by their last sign-in. Who never signed in comes before everyone else. */
export const name = '0017-people-list'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query('create index users_last_login_order on users (last_login_at desc nulls last, id desc);', {
    transaction,
  })
}
