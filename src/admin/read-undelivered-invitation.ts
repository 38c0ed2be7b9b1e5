import { runStatement } from '../db/run-statement.js'
import type { Database } from '../db/connect.js'

/** Why a user's newest invitation could not be delivered: `expired`, or the mail server's codes. */
export interface UndeliveredInvitation {
  at: Date
  reason: string
}

/**
 * Reads whether a user's newest invitation could not be delivered.
 *
 * @returns null if it was delivered or is still queued, or if there is none
 */
export async function readUndeliveredInvitation(
  database: Pick<Database, 'pool'>,
  userId: number,
): Promise<UndeliveredInvitation | null> {
  const [row] = await runStatement<UndeliveredInvitation>(database, undefined, NEWEST, { userId })
  return row ?? null
}

const NEWEST = `
select at, details ->> 'reason' as reason from audit_events failed
where user_id = $userId and event = 'mail_undelivered' and details ->> 'mail' = 'invitation'
  and not exists (select from audit_events made
    where made.user_id = $userId and made.event = 'invitation_made' and made.id > failed.id)
order by id desc limit 1`
