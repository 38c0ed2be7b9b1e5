import type { AccountServices } from '../account-services.js'
import { findLink } from '../../auth/links/one-time-link.js'

/** A valid invitation and the invited user. */
export interface Invitation {
  token: string
  userId: number
  email: string
  hasPassword: boolean
  /** ID in the host application's table, which then stores the password; null for the site's own users. */
  externalId: string | null
}

/** Finds a valid invitation without consuming it. */
export async function readInvitation(account: AccountServices, token: string): Promise<Invitation | null> {
  const link = await findLink(account, 'invitation', token)
  const user = link && (await account.database.models.User.findByPk(link.userId))
  if (!user) return null
  const { id: userId, email, external_id: externalId } = user
  return { token, userId, email, externalId, hasPassword: externalId !== null || user.password_hash !== null }
}
