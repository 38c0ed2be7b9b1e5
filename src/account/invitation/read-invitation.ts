import type { Account } from '../account.js'
import { findLink } from '../one-time-link.js'

/** Whom a link invites that still works. */
export interface Invited {
  token: string
  userId: number
  email: string
  hasPassword: boolean
}

/** Looks an invitation up without using it. */
export async function readInvitation(account: Account, token: string): Promise<Invited | null> {
  const link = await findLink(account, 'invitation', token)
  const user = link && (await account.database.models.User.findByPk(link.userId))
  return user && { token, userId: user.id, email: user.email, hasPassword: user.password_hash !== null }
}
