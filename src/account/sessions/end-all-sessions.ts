import { recordEvent } from '../../audit.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'

/** Ends every session of a user, in every browser, by moving the epoch that they carry. */
export async function endAllSessions(account: Account, userId: number, origin: Origin): Promise<void> {
  const { sequelize, models } = account.database
  await sequelize.transaction(async (transaction) => {
    await models.User.increment('auth_epoch', { where: { id: userId }, transaction })
    await recordEvent(account.database, transaction, {
      event: 'sessions_ended',
      at: account.clock.now(),
      userId,
      origin,
    })
  })
}
