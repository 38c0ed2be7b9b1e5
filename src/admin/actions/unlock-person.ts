import { unlockUser } from '../../auth/unlock-user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import { runRecoveryAction, noSecret } from './account-recovery.js'

/** Ends an account's lock and the throttling of its devices, so that the user can sign in immediately. */
export function unlockPerson(services: PanelServices, actor: PanelUser, personId: number) {
  return runRecoveryAction(
    services,
    { actor, how: 'unlock', personId, needsActive: true },
    async ({ id: userId }, transaction) => {
      await unlockUser(services.otp, transaction, { userId, actorId: actor.id, client: actor.client })
      return noSecret
    },
  )
}
