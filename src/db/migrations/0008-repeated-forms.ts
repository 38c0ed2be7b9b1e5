import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Adds forms that are being processed and, for a few seconds, their responses, so that a form
 * submitted twice has the same result as once. The key is a keyed hash of the whole submission,
 * and the response is sealed.
 *
 * The trigger revokes a user's open links when the email address changes or the user is
 * deactivated, and all except invitations when the password or epoch changes, no matter what
 * changes it: a page, the panel, the command line, an application's adapter, SQL by hand.
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
create index repeated_forms_expires on repeated_forms (expires_at);

create function end_links() returns trigger language plpgsql as $$
begin
  execute format('delete from %I.one_time_links where user_id = $1 and used_at is null and (purpose <> ''invitation'' or $2)',
    tg_table_schema) using new.id, (new.email is distinct from old.email or not new.is_active);
  return null;
end $$;

create trigger end_links
after update of auth_epoch, external_epoch, email, password_hash, is_active on users for each row
when ((old.auth_epoch, old.external_epoch, old.email, old.password_hash, old.is_active)
  is distinct from (new.auth_epoch, new.external_epoch, new.email, new.password_hash, new.is_active))
execute function end_links();`,
    { transaction },
  )
}
