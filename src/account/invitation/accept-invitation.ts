import { recordEvent } from '../../audit.js'
import { checkPassword } from '../../auth/check-password.js'
import { hashPassword } from '../../crypto/hash-password.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'
import { useLink } from '../one-time-link.js'
import { judgePassword, type PasswordFault } from '../password/judge-password.js'
import type { Invited } from './read-invitation.js'

export type Acceptance =
  | { ok: true; user: { id: number; authEpoch: number } }
  | { ok: false; code: 'link_invalid' | 'invalid_login' | PasswordFault }

/**
 * Takes an invitation up. Whoever has a password gives it, for the link alone is one factor
 * that travelled; whoever has none chooses it here.
 */
export async function acceptInvitation(
  account: Account,
  invited: Invited,
  password: string,
  origin: Origin,
): Promise<Acceptance> {
  if (invited.hasPassword) {
    return (await isPasswordOf(account, invited, password))
      ? useInvitation(account, invited, null, origin)
      : { ok: false, code: 'invalid_login' }
  }
  const fault = await judgePassword(password, [invited.email, account.config.siteName])
  if (fault) return { ok: false, code: fault }
  return useInvitation(account, invited, await hashPassword(password), origin)
}

async function isPasswordOf(account: Account, invited: Invited, password: string): Promise<boolean> {
  const { externalId, email } = invited
  if (externalId !== null) return account.hostUsers ? account.hostUsers.isPasswordOf(externalId, password) : false
  return (await checkPassword(account, email, password)).user !== null
}

/** @param newHash of the first password; null: there is one */
async function useInvitation(
  account: Account,
  { token, userId }: Invited,
  newHash: string | null,
  origin: Origin,
): Promise<Acceptance> {
  const { database } = account
  const at = account.clock.now()
  return database.sequelize.transaction(async (transaction) => {
    // The person first, then the link, as who invites does: the other way round each may wait for the other.
    const user = await database.models.User.findByPk(userId, { transaction, lock: true })
    const link = user && (await useLink(account, transaction, 'invitation', token))
    // Between the page and now somebody else may have set the first password.
    if (!link || (newHash !== null && user.password_hash !== null)) return { ok: false, code: 'link_invalid' }
    await recordEvent(database, transaction, { event: 'invitation_used', at, userId, origin })
    if (newHash !== null) {
      await user.update({ password_hash: newHash, auth_epoch: user.auth_epoch + 1 }, { transaction })
      await recordEvent(database, transaction, { event: 'password_changed', at, userId, origin })
      const { address, browser } = origin
      await tellUser(account, transaction, userId, { mail: 'password-changed', at, address, browser })
    }
    return { ok: true, user: { id: userId, authEpoch: user.auth_epoch } }
  })
}
