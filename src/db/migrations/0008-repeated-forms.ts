import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Forms that are being worked on, and for a few seconds the answers they got, so that a form
 * sent twice ends like a form sent once. The key is a keyed hash of the whole submission, and
 * the answer is sealed.
 */
export const name = '0008-repeated-forms'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  await sequelize.query(
    `
create table repeated_forms (
  key text primary key,
  sender text not null,
  answer text,
  others smallint not null default 0,
  expires_at timestamptz not null
);
create index repeated_forms_sender on repeated_forms (sender);
create index repeated_forms_expires on repeated_forms (expires_at);`,
    { transaction },
  )
}
