import { recordAuditEvent } from './audit/record-event.js'
import type { Clock } from './clock.js'
import type { Database } from './db/connect.js'
import type { DeliveryFailure } from './notify/undelivered.js'
import { noClient } from './client-info.js'

/** Returns a function that records an undelivered email or code in the audit log, for the administrators. */
export function recordUndelivered({ database, clock }: { database: Database; clock: Clock }) {
  return async (undelivered: DeliveryFailure): Promise<void> => {
    const { userId, reason } = undelivered
    const about = { at: clock.now(), userId, client: noClient }
    const entry =
      undelivered.what === 'mail'
        ? ({ event: 'mail_undelivered', details: { mail: undelivered.mail, reason } } as const)
        : ({ event: 'code_undelivered', device: undelivered.device, details: { reason } } as const)
    await recordAuditEvent(database, undefined, { ...about, ...entry })
  }
}
