import type { Transaction } from 'sequelize'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import type { ChangeableDevice } from '../../otp/kind-registry/kind-panel.js'
import type { DeviceTable } from './device-tables.js'
import { type LockedUsers, lockUsers } from './lock-users.js'

export interface LockedDevices extends Pick<LockedUsers, 'actor' | 'standings'> {
  /** The devices that still exist, each with its owner. */
  devices: readonly { device: ChangeableDevice; owner: User }[]
}

/** Locks the actor and the owners, then the devices: the same order as src/otp/sql/lock-devices.ts, to avoid deadlocks. */
export async function lockDevicesAndOwners(
  services: PanelServices,
  transaction: Transaction,
  actor: PanelUser,
  table: DeviceTable,
  ids: readonly number[],
): Promise<LockedDevices> {
  const model = table.model
  const where = { id: [...ids] }
  const found = await model.findAll({ attributes: ['user_id'], where, transaction })
  const people = await lockUsers(services, transaction, actor, [...new Set(found.map(({ user_id }) => user_id))])
  const rows = await model.findAll({
    attributes: [
      'id',
      'user_id',
      'name',
      'confirmed',
      'confirmed_at',
      'disabled_at',
      'disabled_reason',
      'last_used_at',
    ],
    where,
    order: [['id', 'ASC']],
    lock: transaction.LOCK.UPDATE,
    transaction,
  })
  const devices = rows.flatMap((device) => {
    const owner = people.others.get(device.user_id)
    return owner ? [{ device, owner }] : []
  })
  return { actor: people.actor, standings: people.standings, devices }
}
