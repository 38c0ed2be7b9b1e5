import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/** Adds what a security key reported about itself when it was added. It never changes (WebAuthn §6.1.3). Null: not known yet. */
export const name = '0014-help'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query('alter table webauthn_devices add column backup_eligible boolean;', { transaction })
}
