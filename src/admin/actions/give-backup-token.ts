import { recordEvent } from '../../audit.js'
import { unlockUser } from '../../auth/unlock-user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../services.js'
import { PanelRefusal } from '../refusal.js'
import { helpPerson } from './help-person.js'
import { tellOwner } from './tell-owner.js'

/** Adds one backup token to a user's set and returns it to the administrator. It is never stored unhashed. */
export function giveBackupToken(services: PanelServices, actor: PanelUser, personId: number) {
  const { clock, database, otp } = services
  const issueToken = otp.kinds.find((kind) => kind.issueToken)?.issueToken
  if (!issueToken) throw new PanelRefusal('not_found')
  return helpPerson(
    services,
    { actor, how: 'giveBackupToken', personId, needsActive: true },
    async ({ id: userId }, transaction) => {
      await unlockUser(otp, transaction, { userId, actorId: actor.id, origin: actor.origin })
      const { device, token, left } = await issueToken(otp, transaction, userId)
      await recordEvent(database, transaction, {
        event: 'backup_token_added',
        at: clock.now(),
        userId,
        actorId: actor.id,
        device: device.persistentId,
        origin: actor.origin,
        details: { by: 'administrator' },
      })
      await tellOwner(services, transaction, userId, { mail: 'backup-tokens-made', left })
      return { secret: token, expiresAt: null }
    },
  )
}
