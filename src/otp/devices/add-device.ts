import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { toDevice } from '../tokens/verify-locked-device.js'
import type { Changes, Device, DeviceRow } from '../device.js'
import type { Kind } from '../kind-registry/kind.js'
import { withRoom } from './setup-limit.js'
import type { Otp } from '../otp.js'
import { nextId } from '../sql/next-id.js'

/** A device to add. */
export interface NewDevice {
  userId: number
  /** 1 to 64 characters. */
  name: string
  /** False: it verifies nobody until `confirmDevice` accepts its first token. */
  confirmed: boolean
  /** The kind's own columns, or a function that creates them from the row's ID if a secret is encrypted for it. */
  columns: Changes | ((id: number) => Changes)
}

/**
 * Adds a device of any kind. Notifies nobody and records no event: that is for the caller to do.
 *
 * @param otp `site.otp`
 * @param transaction the insert is part of it; undefined for a separate one
 * @param kind from `defineKind`, or one of `site.otp.kinds`
 * @param device owner, name (1 to 64 characters), whether it verifies at once, and the kind's own columns
 * @returns the device; its `persistentId` is what `verifyToken` and `confirmDevice` take
 * @throws {SiteError} `too_many_devices` if it is confirmed and the user has 20 of its kind already
 * @throws an error of the database, for example if there is no such user
 * @example
 * const columns = (id: number) => ({ secret: otp.keys.seal(key, { column: 'yubikey_devices.secret', id }) })
 * await addDevice(otp, transaction, yubikey, { userId: 1, name: 'YubiKey', confirmed: true, columns })
 */
export async function addDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  kind: Kind,
  { columns, ...common }: NewDevice,
): Promise<Device> {
  if (typeof columns !== 'function') return insertDevice(otp, transaction, kind, { ...common, columns })
  const id = await nextId(otp, transaction ?? null, kind.table)
  return insertDevice(otp, transaction, kind, { ...common, id, columns: columns(id) })
}

/**
 * Inserts a device with the ID for which its columns were created, or with the table's next ID.
 * Names of columns come from the kind, never from input.
 */
export async function insertDevice(
  otp: Otp,
  transaction: Transaction | undefined,
  kind: Kind,
  { columns, ...common }: Omit<NewDevice, 'columns'> & { id?: number; columns: Changes },
): Promise<Device> {
  const own = Object.keys(columns)
  const id = common.id === undefined ? [] : ['id']
  const names = [...id, 'user_id', 'name', 'confirmed', 'created_at', ...own]
  const values = [
    ...id.map(() => '$id'),
    '$userId',
    '$name',
    '$confirmed',
    '$now',
    ...own.map((column) => `$own_${column}`),
  ]
  const sql = `insert into ${kind.table} (${names.join(', ')}) values (${values.join(', ')}) returning *`
  const parameters = {
    ...common,
    now: otp.clock.now(),
    ...Object.fromEntries(Object.entries(columns).map(([column, value]) => [`own_${column}`, value])),
  }
  const [row] = await withRoom(otp, transaction, { kind, ...common }, (within) =>
    runStatement<DeviceRow>(otp.database, within, sql, parameters),
  )
  if (!row) throw new Error(`The database returned no row for a new device in ${kind.table}.`)
  return toDevice(kind, row)
}
