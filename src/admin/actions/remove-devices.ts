import type { Transaction } from 'sequelize'
import type { User } from '../../db/models/user.js'
import { recordDeviceRemoved } from '../../otp/devices/record-device-change.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import { createDeviceEvent } from './device-event.js'
import type { ChangeableDevice } from '../../otp/kind-registry/kind-panel.js'
import type { DeviceTable } from './device-tables.js'
import { lockDevicesAndOwners } from './lock-devices-and-owners.js'
import { recheckPermission } from './lock-users.js'
import { succeeded, notAllowed, type ActionResult } from './action-result.js'
import { refreshOwners } from './refresh-owners.js'

/**
 * Deletes devices and ends their owners' sessions: all of them or, if one cannot be deleted,
 * none. Those that are already gone are skipped.
 */
export async function removeDevices(
  services: PanelServices,
  actor: PanelUser,
  table: DeviceTable,
  ids: readonly number[],
): Promise<ActionResult> {
  await refreshOwners(services, table.model, ids)
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockDevicesAndOwners(services, transaction, actor, table, ids)
    if (locked.devices.length === 0) return { ok: false, code: 'not_found' }
    const reasons = locked.devices.map(({ owner }) => recheckPermission(locked, 'delete', table.table, owner.id))
    const why = reasons.find((reason) => reason !== null)
    if (why) return notAllowed(why === 'own' ? 'own_device' : why)
    for (const { device, owner } of locked.devices) await remove(services, actor, table, device, owner, transaction)
    return succeeded
  })
}

async function remove(
  services: PanelServices,
  actor: PanelUser,
  table: DeviceTable,
  device: ChangeableDevice,
  owner: User,
  transaction: Transaction,
): Promise<void> {
  const about = await createDeviceEvent(services, actor, table, device, transaction)
  await device.destroy({ transaction })
  await owner.increment('auth_epoch', { transaction })
  if (owner.default_device === about.device.persistentId) await owner.update({ default_device: null }, { transaction })
  await recordDeviceRemoved(services.otp, { ...about, all: false })
}
