import { recordEvent } from '../../audit.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { helpPerson, nothing } from './help-person.js'
import { tellOwner } from './tell-owner.js'

/** Ends every session of a user, from their next request (ASVS 7.4.5). */
export function endSessions(services: PanelServices, actor: PanelUser, personId: number) {
  return helpPerson(
    services,
    { actor, how: 'endSessions', personId, needsActive: false },
    async (person, transaction) => {
      await person.increment('auth_epoch', { transaction })
      await recordEvent(services.database, transaction, {
        event: 'sessions_ended',
        at: services.clock.now(),
        userId: person.id,
        actorId: actor.id,
        origin: actor.origin,
      })
      await tellOwner(services, transaction, person.id, { mail: 'sessions-ended' })
      return nothing
    },
  )
}
