import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Adds the steps that a TOTP device accepted before the last one. If a clock was wrong, the
 * last one can be in the future; these then show what was accepted until now
 * (docs/decisions/0010-clock.md). For devices of an earlier release only the last one is known.
 */
export const name = '0011-ops'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(
    `
alter table totp_devices add column spent_steps bigint[] not null default '{}';
update totp_devices set spent_steps = array[last_step] where last_step >= 0;`,
    { transaction },
  )
}
