import type { Transaction } from 'sequelize'
import { type AuditEntry, recordEvent } from '../../audit.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import { removeAllDevices } from '../../otp/remove-devices.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { helpPerson, nothing } from './help-person.js'
import { tellOwner } from './tell-owner.js'

/**
 * Removes every device and backup token of somebody and ends the sessions. The
 * password stays what it is, and the administrator gets to know nothing (ASVS 6.4.6).
 */
export function resetSecondFactor(services: PanelServices, actor: PanelUser, personId: number) {
  return helpPerson(services, { actor, personId, needsActive: false }, async (person, transaction) => {
    // Of kinds that are switched off at present, too: they go as well.
    const otp = { ...services.otp, kinds: services.otp.everyKind }
    for (const { persistentId, name } of await devicesForUser(otp, person.id, { confirmed: null, transaction }))
      await record(services, actor, transaction, {
        event: 'device_removed',
        userId: person.id,
        device: persistentId,
        details: { name },
      })
    await removeAllDevices(otp, transaction, person.id)
    await record(services, actor, transaction, { event: 'two_factor_disabled', userId: person.id })
    await tellOwner(services, transaction, person.id, { mail: 'two-factor-disabled' })
    return nothing
  })
}

function record(
  { database, clock }: PanelServices,
  { id: actorId, origin }: PanelUser,
  transaction: Transaction,
  entry: Omit<AuditEntry, 'at' | 'actorId' | 'origin'>,
): Promise<void> {
  return recordEvent(database, transaction, { ...entry, at: clock.now(), actorId, origin })
}
