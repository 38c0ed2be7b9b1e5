import { recordEvent } from '../../audit.js'
import type { RequestUser } from '../../auth/request-user.js'
import { hashPassword } from '../../crypto/hash-password.js'
import { runStatement } from '../../db/run-statement.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'
import { moveEpoch } from '../sessions/end-all-sessions.js'

/**
 * Sets a password that has been judged already. All sessions end with the old one.
 *
 * @returns the epoch for the one session that may go on
 */
export async function changePassword(
  account: Account,
  user: RequestUser,
  password: string,
  origin: Origin,
): Promise<number> {
  const { database, clock } = account
  const hash = await hashPassword(password)
  return database.sequelize.transaction(async (transaction) => {
    const at = clock.now()
    const { address, browser } = origin
    await runStatement(database, transaction, 'update users set password_hash = $hash where id = $userId', {
      hash,
      userId: user.id,
    })
    await recordEvent(database, transaction, { event: 'password_changed', at, userId: user.id, origin })
    await tellUser(account, transaction, user.id, { mail: 'password-changed', by: 'owner', at, address, browser })
    return moveEpoch(account, transaction, user.id)
  })
}
