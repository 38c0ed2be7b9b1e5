import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import { removeAllDevices } from '../../otp/devices/remove-all-devices.js'
import type { AccountServices } from '../account-services.js'
import { revokeLinks } from '../../auth/links/one-time-link.js'
import type { CurrentSession } from '../sessions/end-own-sessions.js'

/**
 * Removes all devices of a user, including unconfirmed ones and backup tokens, ends all sessions
 * and notifies the owner. The audit log records each device (NIST SP 800-63B-4 §4.1).
 *
 * @returns the epoch for a new session of this user; null if the requesting session has ended
 */
export async function disableTwoFactor(
  account: AccountServices,
  { userId, epoch }: CurrentSession,
  client: ClientInfo,
): Promise<number | null> {
  const { database, otp } = account
  const at = account.clock.now()
  return database.sequelize.transaction(async (transaction) => {
    const currentUsers = await runStatement(database, transaction, LOCK_CURRENT_USER, { userId, epoch: epoch ?? null })
    if (currentUsers.length === 0) return null
    await removeAllDevices(otp, transaction, { userId, client, by: 'owner', actorId: null })
    // It was created for a user who also needed a device to accept it.
    await revokeLinks(account, transaction, 'invitation', [userId])
    await recordAuditEvent(database, transaction, { event: 'two_factor_disabled', at, userId, client })
    const { address, browser } = client
    const notice = { mail: 'two-factor-disabled', by: 'owner', at, address, browser } as const
    await notifyUser(account.otp, transaction, userId, notice)
    const owner = await database.models.User.findByPk(userId, { attributes: ['auth_epoch'], transaction })
    if (!owner) throw new Error('A user was removed while two-factor authentication was turned off.')
    return owner.auth_epoch
  })
}

const LOCK_CURRENT_USER = 'select from users where id = $userId and auth_epoch = $epoch for update'
