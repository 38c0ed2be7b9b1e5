import type { Transaction } from 'sequelize'
import { devicesForUser } from '../../otp/devices/devices-for-user.js'
import type { OtpEvents } from '../../otp/events.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import type { ChangeableDevice } from '../../otp/kind-registry/kind-panel.js'
import type { DeviceTable } from './device-tables.js'

/** Builds the payload of a device event for a change by an administrator, from the device's current state. */
export async function createDeviceEvent(
  { otp, clock }: PanelServices,
  actor: PanelUser,
  { kind }: DeviceTable,
  { id, user_id: userId }: ChangeableDevice,
  transaction: Transaction,
): Promise<OtpEvents['deviceSwitchedOff']> {
  const devices = await devicesForUser({ ...otp, kinds: otp.everyKind }, userId, { confirmed: null, transaction })
  const device = devices.find(({ persistentId }) => persistentId === `${kind}/${id}`)
  if (!device) throw new Error(`The device ${kind}/${id} is locked and not in its owner's list.`)
  const { id: actorId, client } = actor
  return { userId, device, at: clock.now(), client, transaction, by: 'administrator', actorId }
}
