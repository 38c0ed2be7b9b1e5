import type { Transaction } from 'sequelize'
import type { z } from 'zod'
import { type AttachedStatement, runStatement } from '../../db/run-statement.js'
import { type Device, DEVICE_COLUMNS, type DeviceRow } from '../device.js'
import { kindsByNow } from '../kind-registry/unregistered-kinds.js'
import { type Kind, worksHere } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'
import { toDevice } from '../tokens/verify-locked-device.js'

/** A device in a list. `remaining`: how many tokens it has left, or null if its kind has no limit. */
export interface ListedDevice extends Device {
  remaining: number | null
}

interface Options {
  /** true: devices that verify (the default); false: unconfirmed and disabled ones; null: all. */
  confirmed?: boolean | null
  transaction?: Transaction
  /** Changes to make in the same statement. */
  changes?: readonly AttachedStatement[]
}

type ListedRow = DeviceRow & { kind: string; remaining: number | null }

/**
 * Lists a user's devices of every kind in one query: the default device first, then in the order of
 * preference. A disabled device is not in this list, but it is a second factor: use
 * {@link userHasDevice} to ask whether there is one.
 *
 * @param otp `site.otp`
 * @param userId `users.id`
 * @param options `confirmed`: true for devices that verify (the default), false for unconfirmed and
 *   disabled ones, null for all
 * @returns devices without their secrets; empty for an unknown user
 * @example const [device] = await devicesForUser(site.otp, user.id)
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
 * Reads columns of a user together with the user's confirmed devices, in one round trip.
 *
 * @param query SQL that selects at most one row of `users`, its parameters in addition to `$userId`, and the row's schema
 * @returns null if there is no row
 * @example const sql = 'select email from users where id = $userId'
 * await ownerWithDevices(otp, 3, { sql, values: {}, row: z.object({ email: z.string() }) })
 */
export async function ownerWithDevices<Owner>(
  otp: Otp,
  userId: number,
  query: { sql: string; values: Readonly<Record<string, unknown>>; row: z.ZodType<Owner> },
): Promise<{ owner: Owner; devices: ListedDevice[] } | null> {
  const rows = await runStatement<ListedRow & { owner: unknown }>(
    otp.database,
    undefined,
    `select to_json(owner) as owner, devices.* from (${query.sql}) owner left join ${devicesOf(otp.kinds)} on true order by ${IN_ORDER}`,
    { ...query.values, userId, confirmed: true },
  )
  return rows[0] ? { owner: query.row.parse(rows[0].owner), devices: toListed(otp, rows) } : null
}

/** Converts the rows. A row without a kind belongs to an owner without devices. */
function toListed({ kinds }: Otp, rows: readonly ListedRow[]): ListedDevice[] {
  return rows.flatMap((row) => {
    const kind = kinds.find(({ name }) => name === row.kind)
    return kind ? [{ ...toDevice(kind, row), remaining: row.remaining }] : []
  })
}

const IN_ORDER = `(kind || '/' || devices.id) is distinct from (select default_device from users where id = $userId), preference, devices.id`

const unions = new WeakMap<readonly Kind[], string>()

/** Builds SQL that unites the tables of these kinds as `devices`. */
function devicesOf(kinds: readonly Kind[]): string {
  const known = unions.get(kinds)
  if (known) return known
  const union = `(${kinds.map(devicesOfKind).join(' union all ')}) devices`
  unions.set(kinds, union)
  return union
}

/**
 * Whether a user has a second factor: an active or disabled device of any kind, including kinds that
 * this configuration does not use or this process does not know. Nobody becomes free to enrol with a
 * password alone because a device was disabled or a gateway was removed. Backup tokens are not a
 * second factor.
 *
 * @param otp `site.otp`
 * @param userId `users.id`
 * @returns false for an unknown user
 * @example if (!(await userHasDevice(site.otp, user.id))) offerTwoFactor()
 */
export async function userHasDevice(otp: Otp, userId: number): Promise<boolean> {
  return (await factorsOfUser(otp, userId)).length > 0
}

/** Lists the devices that are a user's second factor: active and disabled, of every kind. */
export async function factorsOfUser(otp: Otp, userId: number, transaction?: Transaction): Promise<ListedDevice[]> {
  const all = { ...otp, kinds: await kindsByNow(otp, transaction) }
  const devices = await devicesForUser(all, userId, { confirmed: null, ...(transaction && { transaction }) })
  return devices.filter(({ state }) => state !== 'unconfirmed')
}

/** Filters the devices that can verify a token now: active, of a kind in use, and with tokens left. */
export function askable(
  { kinds, settings }: Pick<Otp, 'kinds' | 'settings'>,
  devices: readonly ListedDevice[],
): ListedDevice[] {
  return devices.filter(
    (device) =>
      device.state === 'active' &&
      device.remaining !== 0 &&
      kinds.some((kind) => kind.name === device.kind && worksHere(kind, settings.relyingParty)),
  )
}

/** What allows a session without a token to set up a device. */
export interface EnrolmentRight {
  /** Whether the session is not verified: it can only set up the first device. Disabled devices are included. */
  onlyAsFirst?: boolean
  /** Whether an invitation started the session: then only devices that can verify a token now are included. */
  invited?: boolean
}

/** Whether a session can set up a device. Call it with the owner's row locked, so that two first devices at once are noticed. */
export async function mayEnrol(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  { onlyAsFirst = false, invited = false }: EnrolmentRight,
): Promise<boolean> {
  if (!onlyAsFirst) return true
  const factors = await factorsOfUser(otp, userId, transaction)
  return (invited ? askable(otp, factors) : factors).length === 0
}

function devicesOfKind(kind: Kind, preference: number): string {
  return `select ${preference} as preference, '${kind.name}' as kind, ${kind.remaining ?? 'null::int'} as remaining,
    ${DEVICE_COLUMNS}
  from ${kind.table} d where d.user_id = $userId and ($confirmed::boolean is null or d.confirmed = $confirmed)`
}
