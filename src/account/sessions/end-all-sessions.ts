import type { Transaction } from 'sequelize'
import { recordEvent } from '../../audit.js'
import { runStatement } from '../../db/run-statement.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'

/**
 * Ends every session of a user, in every browser, by moving the epoch that they carry.
 *
 * @returns the new epoch, for the one session that may go on
 */
export function endAllSessions(account: Account, userId: number, origin: Origin): Promise<number> {
  return account.database.sequelize.transaction(async (transaction) => {
    await tellOfEnd(account, transaction, userId, origin)
    return moveEpoch(account, transaction, userId)
  })
}

/** Ends one session. @returns false where it had ended already */
export function endOneSession(account: Account, userId: number, sid: string, origin: Origin): Promise<boolean> {
  const { database } = account
  return database.sequelize.transaction(async (transaction) => {
    const ended = await runStatement(database, transaction, 'delete from sessions where sid = $sid returning sid', {
      sid,
    })
    if (ended.length === 0) return false
    await tellOfEnd(account, transaction, userId, origin)
    return true
  })
}

/** Makes every session of a user worthless. @returns the epoch that a session has to carry from now on */
export async function moveEpoch({ database }: Account, transaction: Transaction, userId: number): Promise<number> {
  const [row] = await runStatement<{ epoch: number }>(database, transaction, MOVE, { userId })
  if (!row) throw new Error('A user was removed while his sessions were ended.')
  return row.epoch
}

const MOVE = 'update users set auth_epoch = auth_epoch + 1 where id = $userId returning auth_epoch as epoch'

async function tellOfEnd(account: Account, transaction: Transaction, userId: number, origin: Origin): Promise<void> {
  const at = account.clock.now()
  const { address, browser } = origin
  await recordEvent(account.database, transaction, { event: 'sessions_ended', at, userId, origin })
  await tellUser(account, transaction, userId, { mail: 'sessions-ended', by: 'owner', at, address, browser })
}
