import { recordEvent } from '../../audit.js'
import { hashPassword } from '../../crypto/hash-password.js'
import { runStatement } from '../../db/run-statement.js'
import { endOldPassword } from '../../otp/password-waits.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'
import { type AskingSession, moveEpoch } from '../sessions/end-all-sessions.js'

/**
 * Sets a password that has been judged already. All sessions end with the old one.
 *
 * @returns the epoch for the one session that may go on; null: it has ended meanwhile, and nothing is changed
 */
export async function changePassword(
  account: Account,
  asking: AskingSession,
  password: string,
  origin: Origin,
): Promise<number | null> {
  const { database, clock } = account
  const hash = await hashPassword(password)
  return database.sequelize.transaction(async (transaction) => {
    const epoch = await moveEpoch(account, transaction, asking)
    if (epoch === null) return null
    const { userId } = asking
    const at = clock.now()
    const { address, browser } = origin
    await runStatement(database, transaction, 'update users set password_hash = $hash where id = $userId', {
      hash,
      userId,
    })
    await endOldPassword(account, transaction, userId)
    await recordEvent(database, transaction, { event: 'password_changed', at, userId, origin })
    await tellUser(account, transaction, userId, { mail: 'password-changed', at, address, browser })
    return epoch
  })
}
