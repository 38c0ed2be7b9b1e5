import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { DeviceRow } from '../device.js'
import type { Kind, KindWorld } from '../kinds/kind.js'
import type { Otp } from '../otp.js'

/** A device's row and its owner's, both locked until the transaction ends. */
export interface LockedDevice {
  kind: Kind
  row: DeviceRow
  /** The owner's last refused tokens, oldest first. */
  tokenFailedAt: Date[]
}

/** Which devices: those of one kind and one active owner. */
export interface Wanted {
  kind: Kind
  userId: number
  /** One device, or null for every one of the kind. */
  deviceId: number | null
  /** True for devices that verify, false for those that are being enrolled. */
  confirmed: boolean
}

/**
 * Locks the owner first and then the devices, always in this order, so that two
 * submissions of one user wait for each other and never deadlock.
 */
export async function lockDevices(
  otp: Otp,
  transaction: Transaction,
  wanted: Wanted,
  token: string,
  world: KindWorld,
): Promise<LockedDevice[]> {
  return readRows(otp, transaction, wanted, token, world)
}

/** The same rows as they stand at the moment, without locking anything: for what is asked before the transaction. */
export async function peekDevices(otp: Otp, wanted: Wanted, token: string, world: KindWorld): Promise<LockedDevice[]> {
  return readRows(otp, undefined, wanted, token, world)
}

async function readRows(
  otp: Otp,
  transaction: Transaction | undefined,
  { kind, userId, deviceId, confirmed }: Wanted,
  token: string,
  world: KindWorld,
): Promise<LockedDevice[]> {
  const values = { userId, deviceId, confirmed, lookup: kind.lookup(token, world), now: world.now }
  const sql = devicesSql(kind, transaction !== undefined)
  const rows = await runStatement<DeviceRow & { token_failed_at: Date[] }>(otp.database, transaction, sql, values)
  return rows.map(({ token_failed_at, ...row }) => ({ kind, row, tokenFailedAt: token_failed_at }))
}

const devicesSql = (kind: Kind, locked: boolean) => `
with owner as materialized (
  select id, email, name, locale, token_failed_at from users where id = $userId and is_active ${locked ? 'for update' : ''}
)
select d.id, d.user_id, d.name, d.confirmed, d.failure_count, d.failed_at, d.created_at, d.last_used_at, d.last_used_from,
  owner.token_failed_at, ${kind.columns}
from owner join ${kind.table} d on d.user_id = owner.id
where d.confirmed = $confirmed and ($deviceId::int is null or d.id = $deviceId) and $lookup::text[] is not null and $now::timestamptz is not null
order by d.id
${locked ? 'for update of d' : ''}`
