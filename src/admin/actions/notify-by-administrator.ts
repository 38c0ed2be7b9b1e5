import type { Transaction } from 'sequelize'
import type { Notice } from '../../notify/mails.js'
import type { PanelServices } from '../panel-services.js'
import type { ChangeableDevice } from '../../otp/kind-registry/kind-panel.js'
import type { DeviceTable } from './device-tables.js'

type ByAdministrator<Each> = Each extends { by: string } ? Omit<Each, 'by' | 'at' | 'address' | 'browser'> : never

/** Emails a user what an administrator did, without the administrator's IP address and browser. */
export async function notifyByAdministrator(
  services: PanelServices,
  transaction: Transaction,
  userId: number,
  notice: ByAdministrator<Notice>,
): Promise<void> {
  const from = { by: 'administrator', at: services.clock.now(), address: null, browser: null } as const
  await services.notifyUser(transaction, userId, { ...notice, ...from })
}

/** Emails the owner what an administrator did to a device, unless its setup was never finished. */
export async function notifyOfDeviceChange(
  services: PanelServices,
  transaction: Transaction,
  mail: 'device-enabled' | 'device-removed' | 'device-renamed' | 'device-switched-off',
  { kind }: DeviceTable,
  device: Pick<ChangeableDevice, 'user_id' | 'name' | 'confirmed' | 'confirmed_at'>,
): Promise<void> {
  if (!device.confirmed && !device.confirmed_at) return
  await notifyByAdministrator(services, transaction, device.user_id, { mail, device: device.name, kind })
}
