import { QueryTypes, type Transaction } from 'sequelize'
import type { DeviceRow } from '../device.js'
import type { Kind } from '../kinds/kind.js'
import type { Otp } from '../otp.js'

/** A device's row and its owner's, both locked until the transaction ends. */
export interface LockedDevice {
  kind: Kind
  row: DeviceRow
  /** The owner's last refused tokens, oldest first. */
  tokenFailedAt: Date[]
}

/**
 * Locks the owner first and then the devices, always in this order, so that two
 * submissions of one user wait for each other and never deadlock. Only confirmed
 * devices of an active owner are found.
 *
 * @param deviceId one device, or null for every one of this kind
 */
export async function lockDevices(
  otp: Otp,
  transaction: Transaction,
  kind: Kind,
  userId: number,
  deviceId: number | null,
  token: string,
): Promise<LockedDevice[]> {
  const rows = await otp.database.sequelize.query<DeviceRow & { token_failed_at: Date[] }>(lockSql(kind), {
    bind: { userId, deviceId, lookup: kind.lookup(token, otp.keys) },
    type: QueryTypes.SELECT,
    transaction,
  })
  return rows.map(({ token_failed_at, ...row }) => ({ kind, row, tokenFailedAt: token_failed_at }))
}

const lockSql = (kind: Kind) => `
with owner as materialized (
  select id, token_failed_at from users where id = $userId and is_active for update
)
select d.id, d.user_id, d.name, d.confirmed, d.failure_count, d.failed_at, d.created_at, d.last_used_at,
  owner.token_failed_at, ${kind.columns}
from owner join ${kind.table} d on d.user_id = owner.id
where d.confirmed and ($deviceId::int is null or d.id = $deviceId) and $lookup::text[] is not null
order by d.id
for update of d`
