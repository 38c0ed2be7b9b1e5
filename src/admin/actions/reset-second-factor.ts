import { recordAuditEvent } from '../../audit/record-event.js'
import { revokeLinks } from '../../auth/links/one-time-link.js'
import { unlockUser } from '../../auth/unlock-user.js'
import { removeAllDevices } from '../../otp/devices/remove-all-devices.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import { runRecoveryAction, noSecret } from './account-recovery.js'
import { notifyByAdministrator } from './notify-by-administrator.js'

/**
 * Removes every device and backup token of a user and ends their sessions. The password is
 * unchanged, and the administrator learns no secret (ASVS 6.4.6).
 */
export function resetSecondFactor(services: PanelServices, actor: PanelUser, personId: number) {
  return runRecoveryAction(
    services,
    { actor, how: 'resetSecondFactor', personId, needsActive: false },
    async (person, transaction) => {
      const { id: actorId, client } = actor
      const by = { by: 'administrator', actorId, client } as const
      await unlockUser(services.otp, transaction, { userId: person.id, actorId, client })
      await removeAllDevices(services.otp, transaction, { userId: person.id, ...by })
      // An invitation was issued when using it also required a device.
      await revokeLinks(services.otp, transaction, 'invitation', [person.id])
      const entry = { at: services.clock.now(), userId: person.id, actorId, client }
      await recordAuditEvent(services.database, transaction, { event: 'two_factor_disabled', ...entry })
      await notifyByAdministrator(services, transaction, person.id, { mail: 'two-factor-disabled' })
      return noSecret
    },
  )
}
