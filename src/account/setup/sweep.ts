import type { Logger } from 'pino'
import { FORGOTTEN_AFTER } from '../../auth/password-limit.js'
import { runStatement } from '../../db/run-statement.js'
import { sweepEnrolments } from '../../otp/sweep-enrolments.js'
import type { Account } from '../account.js'

/** Milliseconds between two sweeps of one process. */
const EVERY_MS = 5 * 60_000

/**
 * Removes, every few minutes, what was begun and never finished: devices that were not
 * confirmed, links that were not followed, forms that no token completed, and browsers
 * that are trusted no more. Each process does it; one finds what another left.
 *
 * @returns a function that ends it
 */
export function keepSwept(account: Account, log: Logger): () => void {
  const timer = setInterval(() => {
    sweep(account).catch((fault: unknown) => log.error({ err: fault }, 'sweeping failed'))
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** One sweep. Used links go with the old ones: the audit trail has what became of them. */
export async function sweep({ otp, database, clock }: Pick<Account, 'otp' | 'database' | 'clock'>): Promise<void> {
  await sweepEnrolments(otp)
  const now = clock.now()
  await runStatement(database, undefined, 'delete from one_time_links where expires_at <= $now', { now })
  await runStatement(
    database,
    undefined,
    "delete from password_failures where failed_at <= $now::timestamptz - $forgotten * interval '1 second'",
    { now, forgotten: FORGOTTEN_AFTER },
  )
  await runStatement(database, undefined, 'delete from kept_requests where expires_at <= $now', { now })
  await runStatement(database, undefined, 'delete from trusted_browsers where expires_at <= $now', { now })
}
