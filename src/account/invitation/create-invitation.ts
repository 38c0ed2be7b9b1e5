import type { Transaction } from 'sequelize'
import { type ClientInfo, recordAuditEvent } from '../../audit/record-event.js'
import { unlockUser } from '../../auth/unlock-user.js'
import type { Otp } from '../../otp/otp.js'
import { createLink, type Rights, revokeLinks } from '../one-time-link.js'

export interface NewInvitation {
  userId: number
  /** The administrator; null: the command line. */
  actorId: number | null
  origin: ClientInfo
  /** What the person may, as the administrator's right to invite was judged. Where nothing is said, as the database has it. */
  rights?: Rights
}

/**
 * Makes the link by which somebody may set up a device: one use, 24 hours. An earlier one
 * of the same person ends, and so do the waits, which would stand in its way. Show it once, to whoever hands it on.
 *
 * @param baseUrl public address of the site, for example `https://admin.example.com`
 */
export async function createInvitation(
  otp: Otp,
  transaction: Transaction,
  { userId, actorId, origin, rights }: NewInvitation,
  baseUrl: string,
): Promise<{ link: string; expiresAt: Date }> {
  await unlockUser(otp, transaction, { userId, actorId, origin })
  await revokeLinks(otp, transaction, 'invitation', [userId])
  const { token, expiresAt } = await createLink(otp, transaction, {
    purpose: 'invitation',
    userId,
    // Whoever has the command line may do everything, now and later.
    rights: actorId === null ? null : (rights ?? 'present'),
  })
  const by = actorId === null ? 'command line' : 'administrator'
  const entry = { event: 'invitation_made', at: otp.clock.now(), userId, actorId, origin, details: { by } } as const
  await recordAuditEvent(otp.database, transaction, entry)
  return { link: new URL(`/account/invitation/${token}`, baseUrl).href, expiresAt }
}
