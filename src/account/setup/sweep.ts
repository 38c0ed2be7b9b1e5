import type { Logger } from 'pino'
import { runStatement } from '../../db/run-statement.js'
import { settleTimes } from '../../db/settle-times.js'
import { sweepEnrolments } from '../../otp/sweep-enrolments.js'
import type { Account } from '../account.js'
import { sweeps } from './sweeps.js'
import { faultForLog } from '../../fault-for-log.js'

/** Milliseconds between two sweeps of one process. */
const EVERY_MS = 60_000
/** Milliseconds until the first one: what was written before a restart, while the clock was wrong. */
const FIRST_MS = 5_000

/**
 * Removes, every minute, what was begun and never finished: devices that were not
 * confirmed, links that were not followed, forms that no token completed, the
 * answers of forms, and browsers that are no longer trusted. Also what exceeds a person's
 * number of sessions. Each process does it; one finds what another left.
 *
 * @returns a function that ends it
 */
export function keepSwept(account: Account, log: Logger): () => void {
  const run = () => {
    sweep(account)
      .then(
        (ahead) =>
          ahead > 0 &&
          log.warn({ rows: ahead }, 'stored times were in the future and are treated as now, check the clock'),
      )
      .catch((fault: unknown) => log.error({ err: faultForLog(fault) }, 'could not purge expired rows'))
  }
  const timer = setInterval(run, EVERY_MS).unref()
  const first = setTimeout(run, FIRST_MS).unref()
  return () => {
    clearInterval(timer)
    clearTimeout(first)
  }
}

/**
 * One sweep. Used links go with the old ones: the audit log has what became of them.
 *
 * @returns in how many rows times were in the future, and were corrected
 */
export async function sweep({ otp, database, clock }: Pick<Account, 'otp' | 'database' | 'clock'>): Promise<number> {
  await sweepEnrolments(otp)
  const now = clock.now()
  const codeTables = otp.everyKind.filter(({ challenge }) => challenge).map(({ table }) => table)
  const ahead = await settleTimes(database, now, codeTables)
  for (const { sql, values } of sweeps(now)) await runStatement(database, undefined, sql, values)
  return ahead
}
