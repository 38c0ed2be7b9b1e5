import type { Transaction } from 'sequelize'
import { z } from 'zod'
import { createInvitation } from '../../auth/links/create-invitation.js'
import type { Rights } from '../../auth/links/one-time-link.js'
import { enqueue } from '../../notify/enqueue.js'
import { findRecipient } from '../../notify/notify-user.js'
import { takeRequest } from '../../notify/take-request.js'
import type { PanelServices } from '../panel-services.js'
import type { PanelUser } from '../panel-user.js'
import { type RecoveryResult, runRecoveryAction } from './account-recovery.js'
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
  return runRecoveryAction(
    services,
    { actor, how: 'invite', personId, needsActive: true },
    async ({ id: userId, email }, transaction, rights) => {
      const rejection = deliver === 'mail' ? await takeInvitation(services, transaction, actor, email) : null
      if (rejection) return rejection
      return deliverInvitation(services, actor, transaction, { userId, rights, deliver })
    },
  )
}

interface Delivery extends z.output<typeof invitationFields> {
  userId: number
  /** The user's rights when the permission to invite them was checked. If omitted, the rights stored now. */
  rights?: Rights
}

/** Creates the link, and emails it or returns it for the page. */
export async function deliverInvitation(
  { database, otp }: PanelServices,
  actor: PanelUser,
  transaction: Transaction,
  { deliver, ...invited }: Delivery,
): Promise<RecoveryResult> {
  const invitation = { ...invited, actorId: actor.id, client: actor.client }
  const { link, expiresAt } = await createInvitation(otp, transaction, invitation, otp.baseUrl())
  if (deliver === 'page') return { secret: link, expiresAt }
  const recipient = await findRecipient(database, transaction, invited.userId)
  if (!recipient) throw new Error('A locked user is not there.')
  await enqueue(otp, transaction, 'send-mail', { mail: 'invitation', ...recipient, link, expiresAt })
  return { secret: null, expiresAt }
}

/** Counts an email against the limits of its recipient and of the administrator, before anything changes. */
export async function takeInvitation(
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
