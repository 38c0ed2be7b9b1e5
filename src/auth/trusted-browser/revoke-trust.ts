import type { Transaction } from 'sequelize'
import { type AuditEntry, type Origin, recordEvent } from '../../audit.js'
import type { Clock } from '../../clock.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'

export interface Revocation {
  userId: number
  /** Row of `trusted_browsers`; null: every one of this person's. */
  id: number | null
  /** Who did it, where it was somebody else. */
  actorId: number | null
  /** A token was presented that had been used before: somebody has a copy of the cookie. */
  because?: 'old_token'
  origin: Origin
}

/**
 * Ends one trusted browser of a person's, or all of them, and what it has verified: the row
 * is looked up at each request. A line in the audit trail for each.
 *
 * @returns how many there were
 */
export async function revokeTrust(
  { database, clock }: { database: Database; clock: Clock },
  transaction: Transaction,
  { userId, id, because, ...by }: Revocation,
): Promise<number> {
  // The owner first, as everywhere: what is written below looks at his row, too.
  await runStatement(database, transaction, 'select from users where id = $userId for update', { userId })
  type Gone = { device: string; browser: string | null; address: string | null }
  const gone = await runStatement<Gone>(database, transaction, REVOKE, { userId, id })
  for (const { device, browser, address } of gone) {
    const details = { browser, address, ...(because && { because }) }
    const entry: AuditEntry = { event: 'trusted_browser_revoked', at: clock.now(), userId, device, details, ...by }
    await recordEvent(database, transaction, entry)
  }
  return gone.length
}

const REVOKE = `
delete from trusted_browsers where user_id = $userId and ($id::int is null or id = $id)
returning device, browser, address`
