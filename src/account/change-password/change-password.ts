import { recordAuditEvent } from '../../audit/record-event.js'
import { hashPassword } from '../../crypto/hash-password.js'
import { runStatement } from '../../db/run-statement.js'
import { endOldPassword } from '../../otp/throttle/password-waits.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'
import { type CurrentSession, incrementEpoch } from '../sessions/end-own-sessions.js'

/**
 * Sets a password that was validated before, and ends all sessions.
 *
 * @returns the epoch with which the requesting session continues; null if it has ended, and nothing was changed
 */
export async function changePassword(
  account: AccountServices,
  session: CurrentSession,
  password: string,
  client: ClientInfo,
): Promise<number | null> {
  const { database, clock } = account
  const hash = await hashPassword(password)
  return database.sequelize.transaction(async (transaction) => {
    const epoch = await incrementEpoch(account, transaction, session)
    if (epoch === null) return null
    const { userId } = session
    const at = clock.now()
    const { address, browser } = client
    await runStatement(database, transaction, 'update users set password_hash = $hash where id = $userId', {
      hash,
      userId,
    })
    await endOldPassword(account, transaction, userId)
    await recordAuditEvent(database, transaction, { event: 'password_changed', at, userId, client })
    await notifyUser(account.otp, transaction, userId, { mail: 'password-changed', at, address, browser })
    return epoch
  })
}
