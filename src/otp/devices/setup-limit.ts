import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { requireRoomFor } from './device-limit.js'
import { kindsByNow } from '../kind-registry/unregistered-kinds.js'
import type { Kind } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'

/** Unfinished setups of one user, of all kinds together. A new one replaces the oldest. */
export const UNFINISHED_SETUPS = 3

/**
 * Inserts a device. If it is unconfirmed, the owner's oldest unfinished setups are deleted first, so
 * that someone who knows only the password cannot create rows without limit. A confirmed one must be
 * within the limit of its kind.
 *
 * @param insert runs in the same transaction
 * @throws {SiteError} `too_many_devices`
 */
export async function withRoom<Inserted>(
  otp: Otp,
  transaction: Transaction | undefined,
  { kind, userId, confirmed }: { kind: Kind; userId: number; confirmed: boolean },
  insert: (transaction: Transaction) => Promise<Inserted>,
): Promise<Inserted> {
  const run = async (within: Transaction) => {
    await (confirmed ? requireRoomFor(otp, within, kind, userId) : makeRoom(otp, within, userId))
    return insert(within)
  }
  return transaction ? run(transaction) : otp.database.sequelize.transaction(run)
}

/** Locks the owner first, as every change of devices does, so that concurrent requests see each other's rows. */
async function makeRoom(otp: Otp, transaction: Transaction, userId: number): Promise<void> {
  await runStatement(otp.database, transaction, 'select from users where id = $userId for update', { userId })
  const sql = removeSurplus(await kindsByNow(otp, transaction))
  await runStatement(otp.database, transaction, sql, { userId, kept: UNFINISHED_SETUPS - 1 })
}

const removeSurplus = (kinds: readonly Kind[]) => `
with surplus as (
  select kind, id from (${kinds.map(unfinishedSql).join(' union all ')}) unfinished
  order by created_at desc, id desc offset $kept
), ${kinds.map(({ name, table }) => `of_${name} as (delete from ${table} where id in (select id from surplus where kind = '${name}'))`).join(', ')}
select`

const unfinishedSql = ({ name, table }: Kind) =>
  `select '${name}' as kind, d.id, d.created_at from ${table} d where d.user_id = $userId and not d.confirmed and d.confirmed_at is null`
