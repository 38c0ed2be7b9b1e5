import type { Transaction } from 'sequelize'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { aboutDevice } from './about-device.js'
import type { ChangeableDevice } from '../../otp/kinds/kind-panel.js'
import type { DeviceTable } from './device-tables.js'
import { lockDevices } from './lock-devices.js'
import { whyNoLonger } from './lock-people.js'
import { done, notAllowed, type Outcome } from './outcome.js'
import { refreshOwners } from './refresh-owners.js'
import { tellOfDevice } from './tell-owner.js'

/**
 * Deletes devices and ends their owners' sessions: all of them or, if one cannot be deleted,
 * none. Those that are already gone are skipped.
 */
export async function removeDevices(
  services: PanelServices,
  actor: PanelUser,
  table: DeviceTable,
  ids: readonly number[],
): Promise<Outcome> {
  await refreshOwners(services, table.model, ids)
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockDevices(services, transaction, actor, table, ids)
    if (locked.devices.length === 0) return { ok: false, code: 'not_found' }
    const reasons = locked.devices.map(({ owner }) => whyNoLonger(locked, 'delete', table.table, owner.id))
    const why = reasons.find((reason) => reason !== null)
    if (why) return notAllowed(why === 'own' ? 'own_device' : why)
    for (const { device, owner } of locked.devices) await remove(services, actor, table, device, owner, transaction)
    return done
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
  const about = await aboutDevice(services, actor, table, device, transaction)
  await device.destroy({ transaction })
  await owner.increment('auth_epoch', { transaction })
  if (owner.default_device === about.device.persistentId) await owner.update({ default_device: null }, { transaction })
  await services.otp.events.emit('deviceRemoved', { ...about, all: false })
  await tellOfDevice(services, transaction, 'device-removed', table, device)
}
