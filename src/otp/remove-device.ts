import { runStatement } from '../db/run-statement.js'
import { type Origin, nowhere } from '../origin.js'
import type { Device } from './device.js'
import { devicesForUser, type ListedDevice } from './devices-for-user.js'
import { kindsByNow } from './kinds/absent-kinds.js'
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
 * Removes one device of a user's own, whatever its state, and with the last one that works the
 * backup tokens and the devices that cannot be asked. Each is told by `deviceRemoved` in the same commit. Sessions that it verified
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
    const kinds = await kindsByNow(otp, transaction)
    const devices = await devicesForUser({ ...otp, kinds }, userId, { confirmed: null, transaction })
    const device = devices.find(({ persistentId }) => persistentId === deviceId)
    if (!device || !isInUse(otp, device)) return { ok: false, reason: 'not_found' }
    const { alsoRemoved } = planRemoval(otp, devices, device)
    if (mustStay(otp, devices, device, keepLast)) return { ok: false, reason: 'policy' }
    for (const gone of [device, ...alsoRemoved]) {
      const kind = kinds.find(({ name }) => name === gone.kind)
      if (!kind) throw new Error(`A ${gone.kind} device was listed, but there is no such kind.`)
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
  /**
   * What goes with the last device that works: backup tokens, and devices that are
   * disabled or of a kind not in use. Left behind, they would lock their owner out.
   */
  alsoRemoved: Device[]
  /** No device that verifies would be left, where there is one now. */
  leavesNone: boolean
}

/** All of a user's devices, as the functions below need them: of every kind and in every state. */
export async function devicesToPlan(otp: Otp, userId: number): Promise<ListedDevice[]> {
  return devicesForUser({ ...otp, kinds: await kindsByNow(otp) }, userId, { confirmed: null })
}

/** @param devices of `devicesToPlan` */
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

/** Whether a device of this kind is the second factor that is demanded. */
export type CountsAsFactor = (kind: string) => boolean

/**
 * Whether a device is the last one that its owner must keep. Nobody is left without any, nor
 * without one that counts. A disabled device may always go, and stands in for no other.
 *
 * @param devices of `devicesToPlan`
 */
export function mustStay(
  otp: InUse,
  devices: readonly Device[],
  device: Device,
  keepLast: CountsAsFactor | null,
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
