import type { Transaction } from 'sequelize'
import type { Database } from '../connect.js'

/**
 * Adds counts of failed passwords for each account and for each login without an account
 * (src/auth/password/password-limit.ts). Sent codes are counted separately for setups, and a code
 * remains valid until a newer one has been sent (src/otp/challenges/generate-challenge.ts).
 */
export const name = '0007-limits'

export async function up({ sequelize }: Database, transaction: Transaction): Promise<void> {
  const devices = ['phone', 'email'].map(
    (kind) => `
alter table ${kind}_devices
  add column sent_code_hash text,
  add column sent_code_expires_at timestamptz,
  add column sent_code_attempts smallint not null default 0;`,
  )
  await sequelize.query(
    `
create table password_failures (
  subject_hash text primary key,
  failures integer not null,
  failed_at timestamptz not null,
  failed_before timestamptz,
  networks jsonb not null default '{}'
);
create index password_failures_failed_at on password_failures (failed_at);

alter table challenge_sends add column purpose varchar(8) not null default 'sign_in' check (purpose in ('sign_in', 'own', 'set_up'));
alter table challenge_sends add column code_hash text;
create index challenge_sends_code on challenge_sends (code_hash);
${devices.join('\n')}`,
    { transaction },
  )
}
