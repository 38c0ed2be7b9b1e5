import type { AccountServices } from '../account-services.js'
import { findLink } from '../one-time-link.js'

/** Whom a link invites that still works. */
export interface Invitation {
  token: string
  userId: number
  email: string
  hasPassword: boolean
  /** Of somebody in the application's own table, which has his password. */
  externalId: string | null
}

/** Looks an invitation up without using it. */
export async function readInvitation(account: AccountServices, token: string): Promise<Invitation | null> {
  const link = await findLink(account, 'invitation', token)
  const user = link && (await account.database.models.User.findByPk(link.userId))
  if (!user) return null
  const { id: userId, email, external_id: externalId } = user
  return { token, userId, email, externalId, hasPassword: externalId !== null || user.password_hash !== null }
}
