import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import {
  type BackupToken,
  backupTokenHashes,
  hashBackupToken,
  generateBackupToken,
  DEFAULT_SET_NAME,
} from './backup-token.js'
import type { Otp } from '../../otp/otp.js'

/** Tokens in a set. */
export const TOKENS_PER_SET = 10

/** A new set. The tokens are in plain text, to be shown once. */
export interface BackupTokenSet {
  tokens: BackupToken[]
  madeAt: Date
}

/**
 * Generates a new set of backup tokens, after which the old ones no longer work. The set's row
 * stays, so that a session that it verified continues.
 */
export async function generateBackupTokens(
  otp: Otp,
  transaction: Transaction,
  userId: number,
): Promise<BackupTokenSet> {
  const set = { tokens: Array.from({ length: TOKENS_PER_SET }, generateBackupToken), madeAt: otp.clock.now() }
  const run = <Row extends object>(sql: string, values: Readonly<Record<string, unknown>>) =>
    runStatement<Row>(otp.database, transaction, sql, { userId, madeAt: set.madeAt, ...values })
  // Locked, because two requests at once would otherwise each leave a set.
  await run('select from users where id = $userId for update', {})
  const [existing] = await run<{ id: number }>(RESET_EXISTING, {})
  const [row] = existing ? [existing] : await run<{ id: number }>(INSERT, { name: DEFAULT_SET_NAME })
  if (!row) throw new Error('A set of backup tokens was neither found nor created.')
  await run('delete from static_devices where user_id = $userId and id <> $id', row)
  await run('delete from static_tokens where device_id = $id', row)
  await run(FILL, { ...row, hashes: set.tokens.map((token) => hashBackupToken(otp.keys, token)) })
  return set
}

/** Whether any token of this set still works. None does after a newer set was generated. */
export async function isCurrentSet(otp: Otp, userId: number, { tokens }: BackupTokenSet): Promise<boolean> {
  const hashes = tokens.flatMap((token) => backupTokenHashes(otp.keys, token))
  return (await runStatement(otp.database, undefined, FIND, { userId, hashes })).length > 0
}

const FIND = `
select from static_tokens t join static_devices d on d.id = t.device_id
where d.user_id = $userId and d.confirmed and t.token_hash = any($hashes::text[]) limit 1`

const RESET_EXISTING = `
update static_devices set created_at = $madeAt, failure_count = 0, failed_at = null
where id = (select min(id) from static_devices where user_id = $userId and confirmed) returning id`

const INSERT = `
insert into static_devices (user_id, name, confirmed, created_at) values ($userId, $name, true, $madeAt) returning id`

const FILL = `
insert into static_tokens (device_id, token_hash, created_at)
select $id::int, hash, $madeAt::timestamptz from unnest($hashes::text[]) as hash`
