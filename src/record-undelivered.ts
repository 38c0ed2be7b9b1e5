import { recordEvent } from './audit.js'
import type { Clock } from './clock.js'
import type { Database } from './db/connect.js'
import type { Undelivered } from './notify/undelivered.js'
import { nowhere } from './origin.js'

/** Returns a function that records an undelivered email or code in the audit log, for the administrators. */
export function recordUndelivered({ database, clock }: { database: Database; clock: Clock }) {
  return async (undelivered: Undelivered): Promise<void> => {
    const { userId, reason } = undelivered
    const about = { at: clock.now(), userId, origin: nowhere }
    const entry =
      undelivered.what === 'mail'
        ? ({ event: 'mail_undelivered', details: { mail: undelivered.mail, reason } } as const)
        : ({ event: 'code_undelivered', device: undelivered.device, details: { reason } } as const)
    await recordEvent(database, undefined, { ...about, ...entry })
  }
}
