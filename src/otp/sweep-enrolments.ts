import { runStatement } from '../db/run-statement.js'
import type { Otp } from './otp.js'

/** Seconds after which a set-up that was not finished is given up. */
export const ENROLMENT_SECONDS = 3600

/**
 * Removes the devices whose set-up was begun an hour ago or earlier and never finished. Any
 * number of processes may do it at once. A device that was switched off is unconfirmed as
 * well, but it has been used, or the audit trail knows of it.
 *
 * @returns how many there were
 */
export async function sweepEnrolments(otp: Otp): Promise<number> {
  const before = new Date(otp.clock.now().getTime() - ENROLMENT_SECONDS * 1000)
  let swept = 0
  for (const { name, table } of otp.everyKind)
    swept += (await runStatement(otp.database, undefined, sweepSql(table), { before, kind: name })).length
  return swept
}

const sweepSql = (table: string) => `
delete from ${table} d where not d.confirmed and d.last_used_at is null and d.created_at <= $before
  and not exists (select from audit_events e where e.user_id = d.user_id and e.device = $kind || '/' || d.id
    and e.event in ('device_added', 'device_switched_off'))
returning d.id`
