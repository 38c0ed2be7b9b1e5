import type { Transaction } from 'sequelize'
import { type ClientInfo, recordAuditEvent } from '../audit/record-event.js'
import { clearWaits } from '../otp/throttle/clear-waits.js'
import type { Otp } from '../otp/otp.js'

export interface Unlocking {
  userId: number
  /** The administrator; null: the command line. */
  actorId: number | null
  client: ClientInfo
}

/**
 * Clears the locks of an account and the waits of all its devices. Every other way of helping a
 * user does this as well, in the same transaction, because otherwise the user would still be
 * locked out. Writes to the audit log if there was a lock or a wait.
 *
 * @returns whether there was one
 */
export async function unlockUser(
  otp: Otp,
  transaction: Transaction,
  { userId, actorId, client }: Unlocking,
): Promise<boolean> {
  const cleared = await clearWaits(otp, transaction, userId)
  if (!cleared) return false
  const by = actorId === null ? 'command line' : 'administrator'
  const entry = { event: 'user_unlocked', at: otp.clock.now(), userId, actorId, client, details: { by } } as const
  await recordAuditEvent(otp.database, transaction, entry)
  return true
}
