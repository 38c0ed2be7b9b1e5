import type { Transaction } from 'sequelize'
import { type ClientInfo, recordAuditEvent } from '../../audit/record-event.js'
import type { Otp } from '../../otp/otp.js'
import { createLink, type Rights, revokeLinks } from './one-time-link.js'
import { unlockUser } from '../unlock-user.js'

export interface NewInvitation {
  userId: number
  /** The administrator; null for the command line. */
  actorId: number | null
  client: ClientInfo
  /** The user's rights when the administrator's permission to invite was checked. If omitted, the rights stored now. */
  rights?: Rights
}

/**
 * Creates a link for setting up a device, which works once, for 24 hours. Revokes earlier
 * invitations of the user and clears their locks and waits, which would prevent the setup. Show
 * the link once, to the person who passes it on.
 *
 * @param baseUrl public URL of the site, for example `https://admin.example.com`
 */
export async function createInvitation(
  otp: Otp,
  transaction: Transaction,
  { userId, actorId, client, rights }: NewInvitation,
  baseUrl: string,
): Promise<{ link: string; expiresAt: Date }> {
  await unlockUser(otp, transaction, { userId, actorId, client })
  await revokeLinks(otp, transaction, 'invitation', [userId])
  const { token, expiresAt } = await createLink(otp, transaction, {
    purpose: 'invitation',
    userId,
    // The command line has every permission, so no later rights of the user can exceed it.
    rights: actorId === null ? null : (rights ?? 'present'),
  })
  const by = actorId === null ? 'command line' : 'administrator'
  const entry = { event: 'invitation_made', at: otp.clock.now(), userId, actorId, client, details: { by } } as const
  await recordAuditEvent(otp.database, transaction, entry)
  return { link: new URL(`/account/invitation/${token}`, baseUrl).href, expiresAt }
}
