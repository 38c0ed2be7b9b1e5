import type { Transaction } from 'sequelize'
import { type AuditEntry, type ClientInfo, recordAuditEvent } from '../../audit/record-event.js'
import type { Clock } from '../../clock.js'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'

export interface Revocation {
  userId: number
  /** ID in `trusted_browsers`. Null: all of this user's. */
  id: number | null
  /** The administrator who did it. Null: the user or the site. */
  actorId: number | null
  /** Set if a token was submitted that had been used before, so that the cookie must have been copied. */
  because?: 'old_token'
  client: ClientInfo
}

/**
 * Revokes one trusted browser of a user, or all of them. Sessions that they verified are no longer
 * verified, because the row is looked up on each request. Writes an event to the audit log for each.
 *
 * @returns how many there were
 */
export async function revokeTrustedBrowsers(
  { database, clock }: { database: Database; clock: Clock },
  transaction: Transaction,
  { userId, id, because, ...by }: Revocation,
): Promise<number> {
  // The user's row is locked first, as everywhere: the audit log refers to it, too.
  await runStatement(database, transaction, 'select from users where id = $userId for update', { userId })
  type RevokedBrowser = { device: string; browser: string | null; address: string | null }
  const revoked = await runStatement<RevokedBrowser>(database, transaction, REVOKE, { userId, id })
  for (const { device, browser, address } of revoked) {
    const details = { browser, address, ...(because && { because }) }
    const entry: AuditEntry = { event: 'trusted_browser_revoked', at: clock.now(), userId, device, details, ...by }
    await recordAuditEvent(database, transaction, entry)
  }
  return revoked.length
}

const REVOKE = `
delete from trusted_browsers where user_id = $userId and ($id::int is null or id = $id)
returning device, browser, address`
