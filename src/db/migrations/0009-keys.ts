import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Adds what must remain of a key after its removal from SECRET_KEYS
 * (docs/decisions/0009-keys.md): the keys derived from it for hashes and session cookies,
 * sealed with a newer one. `id` identifies the key in envelopes and hashes.
 */
export const name = '0009-keys'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(
    `
create table secret_keys (
  id varchar(16) primary key,
  sealed text not null,
  created_at timestamptz not null,
  superseded_at timestamptz
);`,
    { transaction },
  )
}
