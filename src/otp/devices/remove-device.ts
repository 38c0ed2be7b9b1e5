import { type ClientInfo, noClient } from '../../client-info.js'
import { runStatement } from '../../db/run-statement.js'
import type { Device } from '../device.js'
import { kindsByNow } from '../kind-registry/unregistered-kinds.js'
import type { Otp } from '../otp.js'
import { devicesForUser, type ListedDevice } from './devices-for-user.js'
import { recordDeviceRemoved } from './record-device-change.js'

export interface DeviceToRemove {
  userId: number
  /** A persistent ID as submitted. */
  deviceId: string
  /** Returns true for kinds of which the owner must keep one device. Null if the policy requires no second factor. */
  keepLast: IsSecondFactor | null
  client?: ClientInfo
}

export type RemoveResult = { ok: true; device: Device } | { ok: false; reason: 'not_found' | 'policy' }

/**
 * Removes one of a user's own devices, in any state. With the last active one, the backup tokens and
 * the devices that cannot be used are removed as well. Emits `deviceRemoved` for each in the same
 * transaction. Sessions that it verified are no longer verified, because the device is looked up on
 * each request.
 *
 * @returns the removed device, or the reason: `policy` if it is the last one and must stay
 */
export async function removeDevice(
  otp: Otp,
  { userId, deviceId, keepLast, client = noClient }: DeviceToRemove,
): Promise<RemoveResult> {
  return otp.database.sequelize.transaction(async (transaction) => {
    // Locked, so that two requests at once cannot remove the last two devices.
    await runStatement(otp.database, transaction, 'select from users where id = $userId for update', { userId })
    const kinds = await kindsByNow(otp, transaction)
    const devices = await devicesForUser({ ...otp, kinds }, userId, { confirmed: null, transaction })
    const device = devices.find(({ persistentId }) => persistentId === deviceId)
    if (!device || !isInUse(otp, device)) return { ok: false, reason: 'not_found' }
    const { alsoRemoved } = planRemoval(otp, devices, device)
    if (mustKeepDevice(otp, devices, device, keepLast)) return { ok: false, reason: 'policy' }
    for (const removed of [device, ...alsoRemoved]) {
      const kind = kinds.find(({ name }) => name === removed.kind)
      if (!kind) throw new Error(`A ${removed.kind} device was listed, but there is no such kind.`)
      await runStatement(otp.database, transaction, deleteSql(kind.table), {
        userId,
        id: removed.id,
        name: removed.persistentId,
      })
      const about = { userId, device: removed, at: otp.clock.now(), client, transaction }
      await recordDeviceRemoved(otp, { ...about, by: 'owner', actorId: null, all: false })
    }
    return { ok: true, device }
  })
}

/** The effects of removing a device. */
export interface RemovalPlan {
  /**
   * Devices that are removed together with the last active one: backup tokens, and devices that are
   * disabled or of a kind not in use. If they stayed, they would lock their owner out.
   */
  alsoRemoved: Device[]
  /** Whether the removal leaves no active device. */
  leavesNone: boolean
}

/** Reads all devices of a user, of every kind and in every state, for the functions below. */
export async function devicesToPlan(otp: Otp, userId: number): Promise<ListedDevice[]> {
  return devicesForUser({ ...otp, kinds: await kindsByNow(otp) }, userId, { confirmed: null })
}

/**
 * Determines the effects of removing a device. Pure.
 *
 * @param devices from `devicesToPlan`
 */
export function planRemoval(otp: InUse, devices: readonly Device[], device: Device): RemovalPlan {
  const working = devices.filter((other) => other.confirmed && isInUse(otp, other))
  const others = working.filter(({ persistentId }) => persistentId !== device.persistentId)
  const isLastFactor = isFactor(device) && !others.some(isFactor)
  const leavesNone = device.confirmed && (isLastFactor || others.length === 0)
  const rest = devices.filter(
    ({ state, persistentId }) => state !== 'unconfirmed' && persistentId !== device.persistentId,
  )
  return { alsoRemoved: leavesNone ? rest : [], leavesNone }
}

type InUse = Pick<Otp, 'kinds'>

const isInUse = ({ kinds }: InUse, { kind }: Device): boolean => kinds.some(({ name }) => name === kind)

/** Whether the policy accepts a device of this kind as the second factor. */
export type IsSecondFactor = (kind: string) => boolean

/**
 * Whether a device is the last one that its owner must keep: the last active one, or the last one
 * that the policy accepts. A disabled device can always be removed, and replaces no other.
 *
 * @param devices from `devicesToPlan`
 */
export function mustKeepDevice(
  otp: InUse,
  devices: readonly Device[],
  device: Device,
  keepLast: IsSecondFactor | null,
): boolean {
  if (!keepLast || !device.confirmed) return false
  const working = devices.filter((other) => other.confirmed && isInUse(otp, other))
  const others = working.filter(({ persistentId }) => persistentId !== device.persistentId)
  const isLastThatCounts = keepLast(device.kind) && !others.some(({ kind }) => keepLast(kind))
  return isLastThatCounts || planRemoval(otp, devices, device).leavesNone
}

/** Backup tokens are not a second factor themselves. */
function isFactor({ confirmed, isBackup }: Device): boolean {
  return confirmed && !isBackup
}

const deleteSql = (table: string) => `
with asked_first as (update users set default_device = null where id = $userId and default_device = $name)
delete from ${table} where id = $id and user_id = $userId`
