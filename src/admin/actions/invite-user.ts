import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { createInvitation } from '../../auth/links/create-invitation.js'
import { enqueue } from '../../notify/enqueue.js'
import { findRecipient } from '../../notify/notify-user.js'
import { takeRequest } from '../../notify/take-request.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import { runRecoveryAction } from './account-recovery.js'
import type { RejectedAction } from './action-result.js'

/** How the link is delivered: by email, unseen by the administrator, or on the page for the administrator to pass on. */
export const invitationFields = z.object({ deliver: z.enum(['mail', 'page']) })

/** Creates a link for setting up a device. It works once, for 24 hours, and revokes earlier ones. */
export function inviteUser(
  services: PanelServices,
  actor: PanelUser,
  personId: number,
  { deliver }: z.output<typeof invitationFields>,
) {
  const { database, otp } = services
  return runRecoveryAction(
    services,
    { actor, how: 'invite', personId, needsActive: true },
    async ({ id: userId, email }, transaction, rights) => {
      const rejection = deliver === 'mail' ? await takeInvitation(services, transaction, actor, email) : null
      if (rejection) return rejection
      const invitation = { userId, actorId: actor.id, client: actor.client, rights }
      const { link, expiresAt } = await createInvitation(otp, transaction, invitation, otp.baseUrl())
      if (deliver === 'page') return { secret: link, expiresAt }
      const recipient = await findRecipient(database, transaction, userId)
      if (!recipient) throw new Error('A locked user is not there.')
      await enqueue(otp, transaction, 'send-mail', { mail: 'invitation', ...recipient, link, expiresAt })
      return { secret: null, expiresAt }
    },
  )
}

/** Counts an email against the limits of its recipient and of the administrator, before anything changes. */
async function takeInvitation(
  { otp, clock }: PanelServices,
  transaction: Transaction,
  actor: PanelUser,
  email: string,
): Promise<RejectedAction | null> {
  const retryAfter = await takeRequest(otp, transaction, clock.now(), [
    { purpose: 'invitation', subject: email.toLowerCase() },
    { purpose: 'invitation-by', subject: `user:${actor.id}` },
  ])
  return retryAfter === null ? null : { ok: false, code: 'too_many_requests', retryAfter }
}
