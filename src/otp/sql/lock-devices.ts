import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { DEVICE_COLUMNS, type DeviceRow } from '../device.js'
import { failuresOf, storedFailures } from '../throttle/failures.js'
import type { Kind, KindContext } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'
import { persistentId } from '../devices/persistent-id.js'
import { correctTimes } from './correct-times.js'
import { toFailedTokens } from './failed-tokens.js'
import type { LockedDevice } from './locked-device.js'

/** Which devices: those of one kind and one active owner. */
export interface DeviceSelector {
  kind: Kind
  userId: number
  /** One device, or null for every one of the kind. */
  deviceId: number | null
  /** True for devices that verify, false for those that are being enrolled. Disabled ones are neither. */
  confirmed: boolean
}

/**
 * Locks the owner first and then the devices, always in this order, so that two
 * submissions of one user wait for each other and never deadlock.
 */
export async function lockDevices(
  otp: Otp,
  transaction: Transaction,
  selector: DeviceSelector,
  token: string,
  context: KindContext,
): Promise<LockedDevice[]> {
  const locked = await readRows(otp, transaction, selector, token, context)
  return correctTimes(otp, transaction, locked, context.now)
}

/** Reads the same rows without locking them, for checks before the transaction. */
export async function peekDevices(
  otp: Otp,
  wanted: DeviceSelector,
  token: string,
  context: KindContext,
): Promise<LockedDevice[]> {
  return readRows(otp, undefined, wanted, token, context)
}

async function readRows(
  otp: Otp,
  transaction: Transaction | undefined,
  { kind, userId, deviceId, confirmed }: DeviceSelector,
  token: string,
  context: KindContext,
): Promise<LockedDevice[]> {
  const values = { userId, deviceId, confirmed, lookup: kind.lookup(token, context), now: context.now }
  const sql = devicesSql(kind, transaction !== undefined)
  const rows = await runStatement<DeviceRow & OwnerColumns>(otp.database, transaction, sql, values)
  return rows.map((row) => toLocked(kind, row))
}

interface OwnerColumns {
  token_failed_at: Date[]
  token_failed_lanes: string[]
  token_failures: unknown
}

function toLocked(
  kind: Kind,
  { token_failed_at, token_failed_lanes, token_failures, ...row }: DeviceRow & OwnerColumns,
) {
  const byDevice = storedFailures.parse(token_failures)
  const failed = toFailedTokens(token_failed_at, token_failed_lanes)
  const failures = failuresOf(byDevice[persistentId(kind.name, row.id)], row)
  return { kind, row, owner: { failed, byDevice }, failures }
}

const devicesSql = (kind: Kind, locked: boolean) => `
with owner as materialized (
  select id, email, name, locale, token_failed_at, token_failed_lanes, token_failures from users where id = $userId and is_active ${locked ? 'for update' : ''}
)
select ${DEVICE_COLUMNS},
  owner.token_failed_at, owner.token_failed_lanes, owner.token_failures, ${kind.columns}
from owner join ${kind.table} d on d.user_id = owner.id
where d.confirmed = $confirmed and ($confirmed or d.confirmed_at is null)
  and ($deviceId::int is null or d.id = $deviceId) and $lookup::text[] is not null and $now::timestamptz is not null
order by d.id
${locked ? 'for update of d' : ''}`
