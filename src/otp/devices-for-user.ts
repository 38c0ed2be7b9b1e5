import type { Transaction } from 'sequelize'
import type { z } from 'zod'
import { type Change, runStatement } from '../db/run-statement.js'
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
  /** What is to be changed on the way. */
  changes?: readonly Change[]
}

type ListedRow = DeviceRow & { kind: string; remaining: number | null }

/**
 * A user's devices of every kind in one round trip: the default one first, then in the order
 * of preference.
 *
 * @example const [device] = await devicesForUser(otp, user.id)
 */
export async function devicesForUser(otp: Otp, userId: number, options: Options = {}): Promise<ListedDevice[]> {
  const { confirmed = true, transaction, changes = [] } = options
  const rows = await runStatement<ListedRow>(
    otp.database,
    transaction,
    `select * from ${devicesOf(otp.kinds)} order by ${IN_ORDER}`,
    { userId, confirmed },
    changes,
  )
  return toListed(otp, rows)
}

/**
 * What somebody asks about a user, and that user's confirmed devices, in one round trip.
 *
 * @param asked SQL of one row of `users`, or of none, its parameters beside `$userId`, and its form
 * @returns null where there is no row
 * @example const sql = 'select email from users where id = $userId'
 * await ownerWithDevices(otp, 3, { sql, values: {}, row: z.object({ email: z.string() }) })
 */
export async function ownerWithDevices<Owner>(
  otp: Otp,
  userId: number,
  asked: { sql: string; values: Readonly<Record<string, unknown>>; row: z.ZodType<Owner> },
): Promise<{ owner: Owner; devices: ListedDevice[] } | null> {
  const rows = await runStatement<ListedRow & { owner: unknown }>(
    otp.database,
    undefined,
    `select to_json(owner) as owner, devices.* from (${asked.sql}) owner left join ${devicesOf(otp.kinds)} on true order by ${IN_ORDER}`,
    { ...asked.values, userId, confirmed: true },
  )
  return rows[0] ? { owner: asked.row.parse(rows[0].owner), devices: toListed(otp, rows) } : null
}

/** A row without a kind is that of an owner without devices. */
function toListed({ kinds }: Otp, rows: readonly ListedRow[]): ListedDevice[] {
  return rows.flatMap((row) => {
    const kind = kinds.find(({ name }) => name === row.kind)
    return kind ? [{ ...toDevice(kind, row), remaining: row.remaining }] : []
  })
}

const IN_ORDER = `(kind || '/' || devices.id) is distinct from (select default_device from users where id = $userId), preference, devices.id`

const unions = new WeakMap<readonly Kind[], string>()

/** The tables of all these kinds as one, `devices`. */
function devicesOf(kinds: readonly Kind[]): string {
  const known = unions.get(kinds)
  if (known) return known
  const union = `(${kinds.map(devicesOfKind).join(' union all ')}) devices`
  unions.set(kinds, union)
  return union
}

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
