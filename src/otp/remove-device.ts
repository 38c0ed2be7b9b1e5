import { runStatement } from '../db/run-statement.js'
import { type Origin, nowhere } from '../origin.js'
import type { Device } from './device.js'
import { devicesForUser } from './devices-for-user.js'
import type { Otp } from './otp.js'

export interface DeviceToRemove {
  userId: number
  /** A persistent id as it came in. */
  deviceId: string
  /** A second factor is demanded of the owner: the last device of a kind for which this holds stays. Null: none is demanded. */
  keepLast: CountsAsFactor | null
  origin?: Origin
}

export type RemovedDevice = { ok: true; device: Device } | { ok: false; reason: 'not_found' | 'policy' }

/**
 * Removes one device of a user's own, confirmed or not, and the backup tokens with the last
 * one. Each is told by `deviceRemoved` in the same commit. Sessions that it verified
 * are unverified from then on, since the device is looked up at each request.
 *
 * @returns the device as it was, or why not: `policy` where it is the last one and must stay
 */
export async function removeDevice(
  otp: Otp,
  { userId, deviceId, keepLast, origin = nowhere }: DeviceToRemove,
): Promise<RemovedDevice> {
  return otp.database.sequelize.transaction(async (transaction) => {
    // Locked, so that of the last two devices not both go at once.
    await runStatement(otp.database, transaction, 'select from users where id = $userId for update', { userId })
    const devices = await devicesForUser(otp, userId, { confirmed: null, transaction })
    const device = devices.find(({ persistentId }) => persistentId === deviceId)
    if (!device) return { ok: false, reason: 'not_found' }
    const { alsoRemoved } = planRemoval(devices, device)
    if (mustStay(devices, device, keepLast)) return { ok: false, reason: 'policy' }
    for (const gone of [device, ...alsoRemoved]) {
      const kind = otp.kinds.find(({ name }) => name === gone.kind)
      if (!kind) throw new Error(`A ${gone.kind} device was listed, but its kind is off.`)
      await runStatement(otp.database, transaction, deleteSql(kind.table), {
        userId,
        id: gone.id,
        name: gone.persistentId,
      })
      const about = { userId, device: gone, at: otp.clock.now(), origin, transaction }
      await otp.events.emit('deviceRemoved', { ...about, by: 'owner', actorId: null, all: false })
    }
    return { ok: true, device }
  })
}

/** What removing a device comes to. */
export interface RemovalPlan {
  /** Backup tokens that go with the last device that is none. */
  alsoRemoved: Device[]
  /** No device that verifies would be left, where there is one now. */
  leavesNone: boolean
}

/** @param devices all of the user's, confirmed or not */
export function planRemoval(devices: readonly Device[], device: Device): RemovalPlan {
  const others = devices.filter(({ confirmed, persistentId }) => confirmed && persistentId !== device.persistentId)
  const isLastFactor = isFactor(device) && !others.some(isFactor)
  return {
    alsoRemoved: isLastFactor ? devices.filter(({ kind }) => kind === 'static') : [],
    leavesNone: device.confirmed && (isLastFactor || others.length === 0),
  }
}

/** Whether a device of this kind is the second factor that is demanded. */
export type CountsAsFactor = (kind: string) => boolean

/**
 * Whether a device is the last one that its owner must keep. Nobody is left without any, nor
 * without one that counts.
 *
 * @param devices all of the owner's, confirmed or not
 */
export function mustStay(devices: readonly Device[], device: Device, keepLast: CountsAsFactor | null): boolean {
  if (!keepLast || !device.confirmed) return false
  const others = devices.filter(({ confirmed, persistentId }) => confirmed && persistentId !== device.persistentId)
  const isLastThatCounts = keepLast(device.kind) && !others.some(({ kind }) => keepLast(kind))
  return isLastThatCounts || planRemoval(devices, device).leavesNone
}

/** Backup tokens stand beside a device; they are none themselves. */
function isFactor({ confirmed, kind }: Device): boolean {
  return confirmed && kind !== 'static'
}

const deleteSql = (table: string) => `
with asked_first as (update users set default_device = null where id = $userId and default_device = $name)
delete from ${table} where id = $id and user_id = $userId`
