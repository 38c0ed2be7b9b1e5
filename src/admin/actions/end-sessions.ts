import { recordAuditEvent } from '../../audit/record-event.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import { runRecoveryAction, noSecret } from './account-recovery.js'
import { notifyByAdministrator } from './notify-by-administrator.js'

/** Ends every session of a user, from their next request (ASVS 7.4.5). */
export function endSessions(services: PanelServices, actor: PanelUser, personId: number) {
  return runRecoveryAction(
    services,
    { actor, how: 'endSessions', personId, needsActive: false },
    async (person, transaction) => {
      await person.increment('auth_epoch', { transaction })
      await recordAuditEvent(services.database, transaction, {
        event: 'sessions_ended',
        at: services.clock.now(),
        userId: person.id,
        actorId: actor.id,
        client: actor.client,
      })
      await notifyByAdministrator(services, transaction, person.id, { mail: 'sessions-ended' })
      return noSecret
    },
  )
}
