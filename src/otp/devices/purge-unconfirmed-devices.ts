import { runStatement } from '../../db/run-statement.js'
import { kindsByNow } from '../kind-registry/unregistered-kinds.js'
import type { Otp } from '../otp.js'

/** Seconds after which an unfinished setup is deleted. */
export const SETUP_SECONDS = 3600

/**
 * Deletes devices whose setup was started an hour ago or earlier and not finished. Several processes
 * can do it at once. A disabled device stays, because its setup was finished. Also corrects times
 * of devices of any kind that are in the future.
 *
 * @returns how many were deleted
 */
export async function purgeUnconfirmedDevices(otp: Otp): Promise<number> {
  const now = otp.clock.now()
  const before = new Date(now.getTime() - SETUP_SECONDS * 1000)
  let swept = 0
  for (const { table } of await kindsByNow(otp))
    swept += (await runStatement(otp.database, undefined, sweepSql(table), { before, now })).length
  return swept
}

const AHEAD = "$now::timestamptz + interval '5 seconds'"

const IS_BEGUN_AHEAD = `not confirmed and confirmed_at is null and created_at > ${AHEAD}`

// A setup or a failure in the future was stored while a clock was wrong, and is set to now.
const sweepSql = (table: string) => `
with settled as (
  update ${table} set created_at = case when ${IS_BEGUN_AHEAD} then $now else created_at end,
    failed_at = case when failed_at > ${AHEAD} then $now else failed_at end
  where ${IS_BEGUN_AHEAD} or failed_at > ${AHEAD}
)
delete from ${table} where not confirmed and confirmed_at is null and created_at <= $before returning id`
