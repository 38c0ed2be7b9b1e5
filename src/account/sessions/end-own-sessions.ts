import type { Transaction } from 'sequelize'
import { recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'

/** Whose sessions, and the epoch of the one that asks: it may have ended while it asked. */
export interface CurrentSession {
  userId: number
  epoch: number | undefined
}

/**
 * Ends every session of a user, in every browser, by moving the epoch that they carry.
 *
 * @returns the new epoch, for the one session that may go on; null: the one that asks has ended itself
 */
export function endAllSessions(
  account: AccountServices,
  asking: CurrentSession,
  origin: ClientInfo,
): Promise<number | null> {
  return account.database.sequelize.transaction(async (transaction) => {
    const epoch = await incrementEpoch(account, transaction, asking)
    if (epoch !== null) await tellOfEnd(account, transaction, asking.userId, origin)
    return epoch
  })
}

/** Ends one session. @returns false where it had ended already */
export function endOneSession(
  account: AccountServices,
  userId: number,
  sid: string,
  origin: ClientInfo,
): Promise<boolean> {
  const { database } = account
  return database.sequelize.transaction(async (transaction) => {
    // The person first, then the session, as a token that opens one does: the other way round each may wait for the other.
    await runStatement(database, transaction, 'select from users where id = $userId for update', { userId })
    const ended = await runStatement(database, transaction, 'delete from sessions where sid = $sid returning sid', {
      sid,
    })
    if (ended.length === 0) return false
    await tellOfEnd(account, transaction, userId, origin)
    return true
  })
}

/**
 * Makes every session of a user worthless, as long as the one that asks is none of those
 * that have ended: it must not come back with the new epoch.
 *
 * @returns the epoch that a session has to carry from now on; null: the one that asks has ended
 */
export async function incrementEpoch(
  { database }: AccountServices,
  transaction: Transaction,
  { userId, epoch }: CurrentSession,
): Promise<number | null> {
  const [row] = await runStatement<{ epoch: number }>(database, transaction, MOVE, { userId, epoch: epoch ?? null })
  return row?.epoch ?? null
}

const MOVE = `
update users set auth_epoch = auth_epoch + 1 where id = $userId and auth_epoch = $epoch returning auth_epoch as epoch`

async function tellOfEnd(
  account: AccountServices,
  transaction: Transaction,
  userId: number,
  origin: ClientInfo,
): Promise<void> {
  const at = account.clock.now()
  const { address, browser } = origin
  await recordAuditEvent(account.database, transaction, { event: 'sessions_ended', at, userId, origin })
  await notifyUser(account, transaction, userId, { mail: 'sessions-ended', by: 'owner', at, address, browser })
}
