import type { Transaction } from 'sequelize'
import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'

/** The requesting session's user and epoch. It may have ended since the request arrived. */
export interface CurrentSession {
  userId: number
  epoch: number | undefined
}

/**
 * Ends all sessions of a user, in all browsers, by incrementing the epoch.
 *
 * @returns the epoch with which the requesting session can continue; null if it has ended itself
 */
export function endAllSessions(
  account: AccountServices,
  session: CurrentSession,
  client: ClientInfo,
): Promise<number | null> {
  return account.database.sequelize.transaction(async (transaction) => {
    const epoch = await incrementEpoch(account, transaction, session)
    if (epoch !== null) await reportEnd(account, transaction, session.userId, client)
    return epoch
  })
}

/** Ends one session. @returns false if it had already ended */
export function endOneSession(
  account: AccountServices,
  userId: number,
  sid: string,
  client: ClientInfo,
): Promise<boolean> {
  const { database } = account
  return database.sequelize.transaction(async (transaction) => {
    // Locks the user before the session, like a token that starts one does, to prevent deadlocks.
    await runStatement(database, transaction, 'select from users where id = $userId for update', { userId })
    const ended = await runStatement(database, transaction, 'delete from sessions where sid = $sid returning sid', {
      sid,
    })
    if (ended.length === 0) return false
    await reportEnd(account, transaction, userId, client)
    return true
  })
}

/**
 * Invalidates all sessions of a user, unless the requesting session has ended: it must not
 * continue with the new epoch.
 *
 * @returns the epoch that sessions must have from now on; null if the requesting session has ended
 */
export async function incrementEpoch(
  { database }: AccountServices,
  transaction: Transaction,
  { userId, epoch }: CurrentSession,
): Promise<number | null> {
  const [row] = await runStatement<{ epoch: number }>(database, transaction, INCREMENT_EPOCH, {
    userId,
    epoch: epoch ?? null,
  })
  return row?.epoch ?? null
}

const INCREMENT_EPOCH = `
update users set auth_epoch = auth_epoch + 1 where id = $userId and auth_epoch = $epoch returning auth_epoch as epoch`

async function reportEnd(
  account: AccountServices,
  transaction: Transaction,
  userId: number,
  client: ClientInfo,
): Promise<void> {
  const at = account.clock.now()
  const { address, browser } = client
  await recordAuditEvent(account.database, transaction, { event: 'sessions_ended', at, userId, client })
  await notifyUser(account.otp, transaction, userId, { mail: 'sessions-ended', by: 'owner', at, address, browser })
}
