import type { Logger } from 'pino'
import { runStatement } from './db/run-statement.js'
import { correctFutureTimes } from './db/correct-future-times.js'
import { purgeUnconfirmedDevices } from './otp/purge-unconfirmed-devices.js'
import type { AccountServices } from './account/account-services.js'
import { sweeps } from './purge-rules.js'
import { errorForLog } from './error-for-log.js'

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
export function schedulePurge(account: AccountServices, log: Logger): () => void {
  const run = () => {
    purgeExpired(account)
      .then(
        (ahead) =>
          ahead > 0 &&
          log.warn({ rows: ahead }, 'stored times were in the future and are treated as now, check the clock'),
      )
      .catch((error: unknown) => log.error({ err: errorForLog(error) }, 'could not purge expired rows'))
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
export async function purgeExpired({
  otp,
  database,
  clock,
}: Pick<AccountServices, 'otp' | 'database' | 'clock'>): Promise<number> {
  await purgeUnconfirmedDevices(otp)
  const now = clock.now()
  const codeTables = otp.everyKind.filter(({ challenge }) => challenge).map(({ table }) => table)
  const ahead = await correctFutureTimes(database, now, codeTables)
  for (const { sql, values } of sweeps(now)) await runStatement(database, undefined, sql, values)
  return ahead
}
