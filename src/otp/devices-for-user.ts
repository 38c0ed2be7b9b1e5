import type { Transaction } from 'sequelize'
import { runStatement } from '../db/run-statement.js'
import type { Device, DeviceRow } from './device.js'
import type { Kind } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { toDevice } from './ask-device.js'

/** A device in a list, with how many tokens it has left where its kind runs out of them. */
export interface ListedDevice extends Device {
  remaining: number | null
}

interface Options {
  /** true: devices that verify (the default); false: the others; null: all. */
  confirmed?: boolean | null
  transaction?: Transaction
}

/**
 * A user's devices of every kind in one round trip: the default one first, then in the order
 * of preference.
 *
 * @example const [device] = await devicesForUser(otp, user.id)
 */
export async function devicesForUser(otp: Otp, userId: number, options: Options = {}): Promise<ListedDevice[]> {
  const { confirmed = true, transaction } = options
  const rows = await runStatement<DeviceRow & { kind: string; remaining: number | null }>(
    otp.database,
    transaction,
    `select * from (${otp.kinds.map(devicesOfKind).join(' union all ')}) devices order by ${DEFAULT_FIRST}, preference, id`,
    { userId, confirmed },
  )
  const kinds = new Map(otp.kinds.map((kind) => [kind.name, kind]))
  return rows.flatMap((row) => {
    const kind = kinds.get(row.kind)
    return kind ? [{ ...toDevice(kind, row), remaining: row.remaining }] : []
  })
}

const DEFAULT_FIRST = `(kind || '/' || id) is distinct from (select default_device from users where id = $userId)`

/**
 * Whether a user has a confirmed device of any kind there is, those included that this
 * configuration has switched off: nobody becomes free to enrol with a password alone
 * because a gateway was taken away.
 */
export async function userHasDevice(otp: Otp, userId: number): Promise<boolean> {
  return (await devicesForUser({ ...otp, kinds: otp.everyKind }, userId)).length > 0
}

function devicesOfKind(kind: Kind, preference: number): string {
  return `select ${preference} as preference, '${kind.name}' as kind, ${kind.remaining ?? 'null::int'} as remaining,
    d.id, d.user_id, d.name, d.confirmed, d.failure_count, d.failed_at, d.created_at, d.last_used_at, d.last_used_from
  from ${kind.table} d where d.user_id = $userId and ($confirmed::boolean is null or d.confirmed = $confirmed)`
}
