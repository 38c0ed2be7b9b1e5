import { recordEvent } from '../../audit.js'
import { hashPassword } from '../../crypto/hash-password.js'
import { endOldPassword } from '../../otp/password-waits.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'
import { findLink, useLink } from '../one-time-link.js'
import { judgePassword, type PasswordFault } from './judge-password.js'

export type Reset = { ok: true } | { ok: false; code: 'link_invalid' | PasswordFault }

/**
 * Sets a new password by a link from a mail, which is used up with it. All sessions end,
 * and nobody is signed in: the second factor is asked for as ever (ASVS 6.4.3).
 */
export async function resetPassword(account: Account, token: string, password: string, origin: Origin): Promise<Reset> {
  const { database, clock } = account
  const link = await findLink(account, 'password-reset', token)
  const user = link && (await database.models.User.findByPk(link.userId, { attributes: ['email'] }))
  if (!user) return { ok: false, code: 'link_invalid' }
  const fault = await judgePassword(password, [user.email, account.config.siteName])
  if (fault) return { ok: false, code: fault }
  const hash = await hashPassword(password)
  return database.sequelize.transaction(async (transaction) => {
    const used = await useLink(account, transaction, 'password-reset', token)
    if (!used) return { ok: false, code: 'link_invalid' }
    const at = clock.now()
    const { userId } = used
    await database.models.User.update({ password_hash: hash }, { where: { id: userId }, transaction })
    await database.models.User.increment('auth_epoch', { where: { id: userId }, transaction })
    await endOldPassword(account, transaction, userId)
    await recordEvent(database, transaction, { event: 'password_changed', at, userId, origin, details: { by: 'link' } })
    const { address, browser } = origin
    await tellUser(account, transaction, userId, { mail: 'password-changed', at, address, browser })
    return { ok: true }
  })
}
