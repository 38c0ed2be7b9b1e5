import type { Transaction } from 'sequelize'
import { type Origin, recordEvent } from '../audit.js'
import { clearWaits } from '../otp/clear-waits.js'
import type { Otp } from '../otp/otp.js'

export interface Unlocking {
  userId: number
  /** The administrator; null: the command line. */
  actorId: number | null
  origin: Origin
}

/**
 * Ends everything that makes a user wait: the locks of the account and the waits of all
 * devices. Whoever helps somebody in another way does it as well, in the same transaction, or the
 * help would be of no use. The audit log says so if there was anything to end.
 *
 * @returns whether there was
 */
export async function unlockUser(
  otp: Otp,
  transaction: Transaction,
  { userId, actorId, origin }: Unlocking,
): Promise<boolean> {
  const cleared = await clearWaits(otp, transaction, userId)
  if (!cleared) return false
  const by = actorId === null ? 'command line' : 'administrator'
  const entry = { event: 'user_unlocked', at: otp.clock.now(), userId, actorId, origin, details: { by } } as const
  await recordEvent(otp.database, transaction, entry)
  return true
}
