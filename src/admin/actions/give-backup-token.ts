import { canIssue } from '../../otp/kind-registry/issuing-kind.js'
import { recordAuditEvent } from '../../audit/record-event.js'
import { unlockUser } from '../../auth/unlock-user.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import { PanelError } from '../panel-error.js'
import { runRecoveryAction } from './account-recovery.js'
import { notifyByAdministrator } from './notify-by-administrator.js'

/** Adds one backup token to a user's set and returns it to the administrator. It is never stored unhashed. */
export function giveBackupToken(services: PanelServices, actor: PanelUser, personId: number) {
  const { clock, database, otp } = services
  const issueToken = otp.kinds.find(canIssue)?.issueToken
  if (!issueToken) throw new PanelError('not_found')
  return runRecoveryAction(
    services,
    { actor, how: 'giveBackupToken', personId, needsActive: true },
    async ({ id: userId }, transaction) => {
      await unlockUser(otp, transaction, { userId, actorId: actor.id, client: actor.client })
      const { device, token, left } = await issueToken(otp, transaction, userId)
      await recordAuditEvent(database, transaction, {
        event: 'backup_token_added',
        at: clock.now(),
        userId,
        actorId: actor.id,
        device: device.persistentId,
        client: actor.client,
        details: { by: 'administrator' },
      })
      await notifyByAdministrator(services, transaction, userId, { mail: 'backup-tokens-made', left })
      return { secret: token, expiresAt: null }
    },
  )
}
