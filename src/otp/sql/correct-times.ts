import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { type Failures, type FailuresByDevice, toStored } from '../throttle/failures.js'
import type { Otp } from '../otp.js'
import { persistentId } from '../devices/persistent-id.js'
import type { FailedToken } from '../throttle/throttle.js'
import { toColumns } from './failed-tokens.js'
import type { LockedDevice } from './locked-device.js'

/**
 * Stores now instead of failure times in the future, which were written while a clock was
 * wrong. Otherwise the wait after them would only begin once the clock has reached them. Costs
 * a statement only if there is such a time.
 */
export async function correctTimes(
  otp: Otp,
  transaction: Transaction,
  locked: readonly LockedDevice[],
  now: Date,
): Promise<LockedDevice[]> {
  const corrected: LockedDevice[] = []
  for (const device of locked) {
    const past = notAfter(device, now)
    if (isAhead(device, now)) await save(otp, transaction, past)
    corrected.push(past)
  }
  return corrected
}

function isAhead({ row, owner, failures }: LockedDevice, now: Date): boolean {
  const times = [row.failed_at ?? now, ...owner.failed.map(({ at }) => at), ...failures.map(({ at }) => at)]
  return times.some((at) => at > now)
}

function notAfter(device: LockedDevice, now: Date): LockedDevice {
  const earlier = <Each extends FailedToken | Failures>(each: Each): Each =>
    each.at > now ? { ...each, at: now } : each
  const { row, owner, failures } = device
  const byDevice: FailuresByDevice = Object.fromEntries(
    Object.entries(owner.byDevice).map(([name, entries]) => [name, entries.map(earlier)]),
  )
  return {
    ...device,
    row: { ...row, failed_at: row.failed_at && row.failed_at > now ? now : row.failed_at },
    owner: { failed: owner.failed.map(earlier), byDevice },
    failures: failures.map(earlier),
  }
}

async function save(otp: Otp, transaction: Transaction, { kind, row, owner, failures }: LockedDevice): Promise<void> {
  const byDevice = { ...owner.byDevice, [persistentId(kind.name, row.id)]: failures }
  await runStatement(
    otp.database,
    transaction,
    `with owner as (update users set token_failed_at = $failedAt, token_failed_lanes = $failedLanes, token_failures = $failures
      where id = $userId)
    update ${kind.table} set failed_at = $at where id = $id`,
    {
      ...toColumns(owner.failed),
      failures: JSON.stringify(toStored(byDevice)),
      userId: row.user_id,
      at: row.failed_at,
      id: row.id,
    },
  )
}
