import { unlockUser } from '../../auth/unlock-user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { helpPerson, nothing } from './help-person.js'

/** Ends the locks of an account and the waits of its devices, so that its owner can sign in at once. */
export function unlockPerson(services: PanelServices, actor: PanelUser, personId: number) {
  return helpPerson(
    services,
    { actor, how: 'unlock', personId, needsActive: true },
    async ({ id: userId }, transaction) => {
      await unlockUser(services.otp, transaction, { userId, actorId: actor.id, origin: actor.origin })
      return nothing
    },
  )
}
