import type { Transaction } from 'sequelize'
import { runStatement } from '../db/run-statement.js'
import { type BackupToken, backupTokenHashes, hashBackupToken, randomBackupToken, UNNAMED_SET } from './backup-token.js'
import type { Otp } from './otp.js'

/** How many tokens a set has. */
export const BACKUP_TOKENS = 10

/** A new set, in clear for the one time that it is shown. */
export interface BackupTokenSet {
  tokens: BackupToken[]
  madeAt: Date
}

/**
 * Makes a new set of backup tokens; from this moment the old ones do not work. The set's
 * row stays, so that a session which it verified goes on.
 */
export async function makeBackupTokens(otp: Otp, transaction: Transaction, userId: number): Promise<BackupTokenSet> {
  const set = { tokens: Array.from({ length: BACKUP_TOKENS }, randomBackupToken), madeAt: otp.clock.now() }
  const ask = <Row extends object>(sql: string, values: Readonly<Record<string, unknown>>) =>
    runStatement<Row>(otp.database, transaction, sql, { userId, madeAt: set.madeAt, ...values })
  // Two at once would each leave a set of their own.
  await ask('select from users where id = $userId for update', {})
  const [kept] = await ask<{ id: number }>(KEEP, {})
  const [row] = kept ? [kept] : await ask<{ id: number }>(INSERT, { name: UNNAMED_SET })
  if (!row) throw new Error('A set of backup tokens was neither found nor created.')
  await ask('delete from static_devices where user_id = $userId and id <> $id', row)
  await ask('delete from static_tokens where device_id = $id', row)
  await ask(FILL, { ...row, hashes: set.tokens.map((token) => hashBackupToken(otp.keys, token)) })
  return set
}

/** Whether any token of this set still works: it does not where a newer set was made. */
export async function setWorks(otp: Otp, userId: number, { tokens }: BackupTokenSet): Promise<boolean> {
  const hashes = tokens.flatMap((token) => backupTokenHashes(otp.keys, token))
  return (await runStatement(otp.database, undefined, FIND, { userId, hashes })).length > 0
}

const FIND = `
select from static_tokens t join static_devices d on d.id = t.device_id
where d.user_id = $userId and d.confirmed and t.token_hash = any($hashes::text[]) limit 1`

const KEEP = `
update static_devices set created_at = $madeAt, failure_count = 0, failed_at = null
where id = (select min(id) from static_devices where user_id = $userId and confirmed) returning id`

const INSERT = `
insert into static_devices (user_id, name, confirmed, created_at) values ($userId, $name, true, $madeAt) returning id`

const FILL = `
insert into static_tokens (device_id, token_hash, created_at)
select $id::int, hash, $madeAt::timestamptz from unnest($hashes::text[]) as hash`
