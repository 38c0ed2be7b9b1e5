import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { type AuditEntry, recordAuditEvent } from '../../audit/record-event.js'
import type { Obstacle } from '../../auth/obstacles.js'
import { readObstacles } from '../../auth/read-obstacles.js'
import { unlockUser } from '../../auth/unlock-user.js'
import { isUniqueViolation } from '../../db/is-unique-violation.js'
import type { User } from '../../db/models/user.js'
import type { ChangeableDevice } from '../../otp/kind-registry/kind-panel.js'
import { recordDeviceDisabled, recordDeviceEnabled } from '../../otp/devices/record-device-change.js'
import { nameField } from '../form-fields.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import { notAllowed, type RejectedAction } from './action-result.js'
import { createDeviceEvent } from './device-event.js'
import type { DeviceTable } from './device-tables.js'
import { lockDevicesAndOwners } from './lock-devices-and-owners.js'
import { recheckPermission } from './lock-users.js'
import { notifyByAdministrator } from './notify-by-administrator.js'
import { refreshOwners } from './refresh-owners.js'

/** The fields that can be changed. AdminJS submits the other columns as well; they are ignored. */
export const deviceFields = z.object({ name: nameField(64).optional(), confirmed: z.boolean().optional() })

type DeviceWish = z.output<typeof deviceFields>

type DeviceOutcome = { ok: true; obstacles: Obstacle[] } | RejectedAction

interface Change {
  services: PanelServices
  actor: PanelUser
  table: DeviceTable
  device: ChangeableDevice
  owner: User
  transaction: Transaction
}

/**
 * Renames, disables or enables a device, in one transaction with the audit events. Disabling
 * ends the owner's sessions, since the device might have verified one. Only what an administrator
 * disabled can be enabled: after too many failures its owner has to set it up again.
 *
 * @param input the fields to change; absent ones stay as they are
 */
export async function changeDevice(
  services: PanelServices,
  actor: PanelUser,
  table: DeviceTable,
  id: number,
  input: DeviceWish,
): Promise<DeviceOutcome> {
  await refreshOwners(services, table.model, [id])
  const run = async (transaction: Transaction): Promise<DeviceOutcome> => {
    const locked = await lockDevicesAndOwners(services, transaction, actor, table, [id])
    const [found] = locked.devices
    if (!found) return { ok: false, code: 'not_found' }
    const why = recheckPermission(locked, 'change', table.table, found.owner.id)
    if (why) return notAllowed(why)
    const change = { services, actor, table, transaction, ...found }
    const rejection = refusalOf(change, input)
    if (rejection) return rejection
    if (input.name !== undefined && input.name !== found.device.name) await rename(change, input.name)
    if (input.confirmed === false && found.device.confirmed) await disable(change)
    const obstacles = input.confirmed === true && !found.device.confirmed ? await enable(change) : []
    return { ok: true, obstacles }
  }
  return services.database.sequelize.transaction(run).catch((error: unknown) => {
    // A kind can require its secret to be unique among active devices, and it was set up again in the meantime.
    if (isUniqueViolation(error)) return notAllowed('enable_conflict')
    throw error
  })
}

function refusalOf({ actor, device, owner }: Change, input: DeviceWish): RejectedAction | null {
  if (input.confirmed === undefined || input.confirmed === device.confirmed) return null
  if (input.confirmed && device.confirmed_at === null) return notAllowed('switch_on')
  if (input.confirmed && device.disabled_reason === 'failures') return notAllowed('enable_failed')
  return actor.id === owner.id ? notAllowed('own_device') : null
}

async function rename(change: Change, to: string): Promise<void> {
  const from = change.device.name
  await change.device.update({ name: to }, { transaction: change.transaction })
  await record(change, { event: 'device_renamed', details: { from, to } })
  await notifyOfRename(change)
}

async function disable(change: Change): Promise<void> {
  const about = await createDeviceEvent(change.services, change.actor, change.table, change.device, change.transaction)
  const disabled = {
    confirmed: false,
    disabled_at: change.services.clock.now(),
    disabled_reason: 'administrator',
  } as const
  await change.device.update(disabled, { transaction: change.transaction })
  await change.owner.increment('auth_epoch', { transaction: change.transaction })
  await recordDeviceDisabled(change.services.otp, about)
}

/**
 * Enables the device and ends the owner's locks, as every other way to restore access does.
 *
 * @returns what still keeps the owner from signing in
 */
async function enable(change: Change): Promise<Obstacle[]> {
  const { actor, owner, services, transaction } = change
  await unlockUser(services.otp, transaction, { userId: owner.id, actorId: actor.id, client: actor.client })
  const enabled = { confirmed: true, disabled_at: null, disabled_reason: null }
  await change.device.update(enabled, { transaction: change.transaction })
  const about = await createDeviceEvent(change.services, change.actor, change.table, change.device, change.transaction)
  await recordDeviceEnabled(services.otp, about)
  return (await readObstacles(services, owner.id, ['enable'], transaction)).enable ?? []
}

/** No email when users rename their own device, or if its setup was never finished. */
async function notifyOfRename({ services, actor, table, device, owner, transaction }: Change): Promise<void> {
  const isUnfinished = !device.confirmed && !device.confirmed_at
  if (owner.id === actor.id || isUnfinished) return
  const notice = { mail: 'device-renamed', device: device.name, kind: table.kind } as const
  await notifyByAdministrator(services, transaction, owner.id, notice)
}

function record(change: Change, entry: Pick<AuditEntry, 'event' | 'details'>): Promise<void> {
  const { services, actor, table, device, owner, transaction } = change
  return recordAuditEvent(services.database, transaction, {
    at: services.clock.now(),
    userId: owner.id,
    actorId: actor.id,
    device: `${table.kind}/${device.id}`,
    client: actor.client,
    ...entry,
  })
}
