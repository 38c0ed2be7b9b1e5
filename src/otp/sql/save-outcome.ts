import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Asking } from '../ask-device.js'
import type { Changes, KindOutcome } from '../device.js'
import type { Otp } from '../otp.js'
import { accountThrottle, FAILURES_UNTIL_OFF, withFailure } from '../throttle.js'
import type { LockedDevice } from './lock-devices.js'

type Accepted = Extract<KindOutcome, { accepted: true }>

/**
 * Writes down that a token was accepted: failures forgotten, the kind's own changes, the
 * used token deleted. One statement.
 *
 * @returns false where the token was used up by somebody else in between: then nothing is written
 */
export async function saveAccepted(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  outcome: Accepted,
  { origin, world }: Pick<Asking, 'origin' | 'world'>,
): Promise<boolean> {
  const used = outcome.consumes
  const rows = await runStatement(
    otp.database,
    transaction,
    `with ${[
      ...(used ? [`used as (delete from ${used.table} where id = $usedId returning 1)`] : []),
      `forgotten as (update users set token_failed_at = '{}'
        where id = $userId and token_failed_at <> '{}' ${used ? 'and exists (select from used)' : ''})`,
    ].join(', ')}
    update ${locked.kind.table} set ${assignments(outcome.changes)}
      confirmed = true, failure_count = 0, failed_at = null, last_used_at = $now, last_used_from = $from
    where id = $id ${used ? 'and exists (select from used)' : ''} returning id`,
    {
      ...outcome.changes,
      id: locked.row.id,
      userId: locked.row.user_id,
      now: world.now,
      from: describeSource(origin),
      usedId: used?.id ?? null,
    },
  )
  return rows.length === 1
}

/**
 * Counts a refused token on the device and on the account, and switches the device off
 * after too many. One statement.
 *
 * @returns `lockedUntil` where this failure locked the account
 */
export async function saveFailed(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  changes: Changes,
): Promise<{ switchedOff: boolean; lockedUntil: Date | null }> {
  const now = otp.clock.now()
  const failedAt = withFailure(locked.tokenFailedAt, now)
  const switchedOff = locked.row.failure_count + 1 >= FAILURES_UNTIL_OFF
  await runStatement(
    otp.database,
    transaction,
    `with owner as (update users set token_failed_at = $failedAt where id = $userId)
    update ${locked.kind.table} set ${assignments(changes)}
      failure_count = failure_count + 1, failed_at = $now, confirmed = $confirmed where id = $id`,
    {
      ...changes,
      id: locked.row.id,
      userId: locked.row.user_id,
      failedAt,
      now,
      confirmed: locked.row.confirmed && !switchedOff,
    },
  )
  return { switchedOff, lockedUntil: accountThrottle(failedAt, now)?.lockedUntil ?? null }
}

/** For example `192.0.2.7, Firefox 139 on Linux`, as the owner's profile shows it. */
function describeSource({ address, browser }: Asking['origin']): string | null {
  return [address, browser].filter(Boolean).join(', ').slice(0, 200) || null
}

/** Column names come from the kind's own code, never from input. */
function assignments(changes: Changes): string {
  return Object.keys(changes)
    .map((column) => `${column} = $${column},`)
    .join(' ')
}
