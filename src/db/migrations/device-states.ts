/**
 * The trigger function that maintains the columns from which the state of a device is derived,
 * no matter what writes the row: this release, an older one that still runs, or SQL by hand.
 * It names no table, so it works with any search path.
 */
export const deviceStateFunction = `
create function keep_device_state() returns trigger language plpgsql as $$
begin
  if new.confirmed then
    new.confirmed_at := coalesce(new.confirmed_at, case when tg_op = 'UPDATE' then now() else new.created_at end);
    new.disabled_at := null;
    new.disabled_reason := null;
  elsif new.confirmed_at is null then
    new.disabled_at := null;
    new.disabled_reason := null;
  else
    new.disabled_at := coalesce(new.disabled_at, now());
    new.disabled_reason := coalesce(new.disabled_reason,
      case when new.failure_count >= 100 then 'failures' else 'administrator' end);
  end if;
  return new;
end $$;`

/** Adds when the setup of a device was finished, and since when and why it is disabled. Existing columns are not changed. */
export const stateColumns = (table: string): string => `
alter table ${table} add column if not exists confirmed_at timestamptz;
alter table ${table} add column if not exists disabled_at timestamptz;
alter table ${table} add column if not exists disabled_reason varchar(16)
  check (disabled_reason in ('administrator', 'failures'));`

/** Creates the trigger that runs the function above before every change of a table's rows. */
export const stateTrigger = (table: string): string => `
drop trigger if exists keep_device_state on ${table};
create trigger keep_device_state before insert or update on ${table}
for each row execute function keep_device_state();`
