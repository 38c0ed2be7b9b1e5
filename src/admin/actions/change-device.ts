import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { type AuditEntry, recordEvent } from '../../audit.js'
import type { User } from '../../db/models/user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { aboutDevice } from './about-device.js'
import type { ChangeableDevice, DeviceTable } from './device-tables.js'
import { lockDevices } from './lock-devices.js'
import { whyNoLonger } from './lock-people.js'
import { done, notAllowed, type Outcome } from './outcome.js'
import { name } from './parse-fields.js'
import { refreshOwners } from './refresh-owners.js'
import { tellOfDevice } from './tell-owner.js'

/** What the form may hold; the rest of it is AdminJS's own echo of the row. */
export const deviceFields = z.object({ name: name(64).optional(), confirmed: z.boolean().optional() })

type DeviceWish = z.output<typeof deviceFields>

interface Change {
  services: PanelServices
  actor: PanelUser
  table: DeviceTable
  device: ChangeableDevice
  owner: User
  transaction: Transaction
}

/**
 * Renames a device or switches it off, in one transaction with the audit events.
 * Switching off ends the owner's sessions, since it may have verified one. Only
 * enrolment switches a device on again.
 */
export async function changeDevice(
  services: PanelServices,
  actor: PanelUser,
  table: DeviceTable,
  id: number,
  wish: DeviceWish,
): Promise<Outcome> {
  await refreshOwners(services, table.model(services.database.models), [id])
  return services.database.sequelize.transaction(async (transaction) => {
    const locked = await lockDevices(services, transaction, actor, table, [id])
    const [found] = locked.devices
    if (!found) return { ok: false, code: 'not_found' }
    const why = whyNoLonger(locked, 'change', table.table, found.owner.id)
    if (why) return notAllowed(why)
    const change = { services, actor, table, transaction, ...found }
    const refusal = refusalOf(change, wish)
    if (refusal) return refusal
    if (wish.name !== undefined && wish.name !== found.device.name) await rename(change, wish.name)
    if (wish.confirmed === false && found.device.confirmed) await switchOff(change)
    return done
  })
}

function refusalOf({ actor, device, owner }: Change, wish: DeviceWish): Outcome | null {
  if (wish.confirmed === true && !device.confirmed) return notAllowed('switch_on')
  const switchesOff = wish.confirmed === false && device.confirmed
  return switchesOff && actor.id === owner.id ? notAllowed('own_device') : null
}

async function rename(change: Change, to: string): Promise<void> {
  const from = change.device.name
  await change.device.update({ name: to }, { transaction: change.transaction })
  await record(change, { event: 'device_renamed', details: { from, to } })
  await tell(change, 'device-renamed')
}

async function switchOff(change: Change): Promise<void> {
  // Before it is switched off: of one that never verified nobody is told.
  await tell(change, 'device-switched-off')
  const about = await aboutDevice(change.services, change.actor, change.table, change.device, change.transaction)
  await change.device.update({ confirmed: false }, { transaction: change.transaction })
  await change.owner.increment('auth_epoch', { transaction: change.transaction })
  await change.services.otp.events.emit('deviceSwitchedOff', about)
}

/** One's own device one renames knowingly. */
async function tell(change: Change, mail: 'device-renamed' | 'device-switched-off'): Promise<void> {
  const { services, actor, table, device, owner, transaction } = change
  if (owner.id !== actor.id) await tellOfDevice(services, transaction, mail, table, device)
}

function record(change: Change, entry: Pick<AuditEntry, 'event' | 'details'>): Promise<void> {
  const { services, actor, table, device, owner, transaction } = change
  return recordEvent(services.database, transaction, {
    at: services.clock.now(),
    userId: owner.id,
    actorId: actor.id,
    device: `${table.kind}/${device.id}`,
    origin: actor.origin,
    ...entry,
  })
}
