import { recordAuditEvent } from '../../audit/record-event.js'
import { hashPassword } from '../../crypto/hash-password.js'
import { endOldPassword } from '../../otp/throttle/password-waits.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'
import { findLink, redeemLink } from '../../auth/links/one-time-link.js'
import { validatePassword, type PasswordProblem } from '../../auth/password/validate-password.js'

export type ResetResult = { ok: true } | { ok: false; code: 'link_invalid' | PasswordProblem }

/**
 * Sets a new password with a link from an email, and consumes the link. All sessions end, and
 * no new one starts, because signing in requires the second factor (ASVS 6.4.3).
 */
export async function resetPassword(
  account: AccountServices,
  token: string,
  password: string,
  client: ClientInfo,
): Promise<ResetResult> {
  const { database, clock } = account
  const link = await findLink(account, 'password-reset', token)
  const user = link && (await database.models.User.findByPk(link.userId, { attributes: ['email'] }))
  if (!user) return { ok: false, code: 'link_invalid' }
  const problem = await validatePassword(password, [user.email, account.config.siteName])
  if (problem) return { ok: false, code: problem }
  const hash = await hashPassword(password)
  return database.sequelize.transaction(async (transaction) => {
    const used = await redeemLink(account, transaction, 'password-reset', token)
    if (!used) return { ok: false, code: 'link_invalid' }
    const at = clock.now()
    const { userId } = used
    await database.models.User.update({ password_hash: hash }, { where: { id: userId }, transaction })
    await database.models.User.increment('auth_epoch', { where: { id: userId }, transaction })
    await endOldPassword(account, transaction, userId)
    await recordAuditEvent(database, transaction, {
      event: 'password_changed',
      at,
      userId,
      client,
      details: { by: 'link' },
    })
    const { address, browser } = client
    await notifyUser(account.otp, transaction, userId, { mail: 'password-changed', at, address, browser })
    return { ok: true }
  })
}
