import type { Transaction } from 'sequelize'
import type { ClientInfo } from '../../client-info.js'
import { runStatement } from '../../db/run-statement.js'
import type { Changes, KindOutcome } from '../device.js'
import type { Otp } from '../otp.js'
import { afterSuccess, type Asker, type Failures, plusFailure, total, toStored } from '../throttle/failures.js'
import type { KindContext } from '../kind-registry/kind.js'
import { persistentId } from '../devices/persistent-id.js'
import { accountThrottle, FAILURES_UNTIL_DISABLED, timesIn, withFailedToken } from '../throttle/throttle.js'
import { toColumns } from './failed-tokens.js'
import type { LockedDevice, OwnerFailures } from './locked-device.js'

type Accepted = Extract<KindOutcome, { accepted: true }>

/**
 * Saves that a token was accepted. In one statement it clears the requester's own failures, applies
 * the kind's changes and deletes the token. Failures from elsewhere stay, and so do those that count
 * towards the account's lock.
 *
 * @returns false if another request consumed the token in between. Nothing is written then
 */
export async function saveAccepted(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  outcome: Accepted,
  { asker, client, context }: { asker: Asker; client: ClientInfo; context: Pick<KindContext, 'now'> },
): Promise<boolean> {
  const used = outcome.consumes
  const left = afterSuccess(locked.failures, asker, context.now)
  const { failureCount, failedAt } = total(left)
  const failures = storeFor(locked, left)
  const before = [
    ...(used ? [`used as (delete from ${used.table} where id = $usedId returning 1)`] : []),
    // The owner's row is locked, and mostly there is nothing to forget.
    ...(failures !== JSON.stringify(toStored(locked.owner.byDevice))
      ? [
          `forgotten as (update users set token_failures = $failures
          where id = $userId ${used ? 'and exists (select from used)' : ''})`,
        ]
      : []),
  ]
  const rows = await runStatement(
    otp.database,
    transaction,
    `${before.length > 0 ? `with ${before.join(', ')}` : ''}
    update ${locked.kind.table} set ${assignments(outcome.changes)}
      confirmed = true, confirmed_at = coalesce(confirmed_at, $now), failure_count = $failureCount, failed_at = $failedAt,
      last_used_at = $now, last_used_from = $from
    where id = $id ${used ? 'and exists (select from used)' : ''} returning id`,
    {
      ...outcome.changes,
      id: locked.row.id,
      userId: locked.row.user_id,
      failures,
      failureCount,
      failedAt,
      now: context.now,
      from: describeSource(client),
      usedId: used?.id ?? null,
    },
  )
  return rows.length === 1
}

/** The result of a saved failure. */
interface SavedFailure {
  switchedOff: boolean
  /** If this failure locked the account in the asker's lane. */
  lockedUntil: Date | null
  failureCount: number
  /** The owner's updated failures, for the next device in the same transaction. */
  owner: OwnerFailures
}

/**
 * Counts a rejected token on the device and for the account, and disables the device after too
 * many that could have been guesses: it still counts as a second factor, and has to be set up
 * again. One statement.
 */
export async function saveRejected(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  changes: Changes,
  { asker }: { asker: Asker },
): Promise<SavedFailure> {
  const now = otp.clock.now()
  const failures = plusFailure(locked.failures, asker, now)
  const { failureCount } = total(failures)
  const lane = locked.kind.unguessable ? 'none' : asker.lane
  const failed = withFailedToken(locked.owner.failed, { lane, at: now })
  const { confirmed } = locked.row
  // An unfinished setup is not disabled, because it expires anyway.
  const switchedOff = confirmed && !locked.kind.unguessable && failureCount >= FAILURES_UNTIL_DISABLED
  await runStatement(
    otp.database,
    transaction,
    `with owner as (update users set token_failed_at = $failedAt, token_failed_lanes = $failedLanes, token_failures = $failures
      where id = $userId)
    update ${locked.kind.table} set ${assignments(changes)}
      failure_count = $failureCount, failed_at = $now, confirmed = $confirmed,
      disabled_at = $disabledAt, disabled_reason = $disabledReason where id = $id`,
    {
      ...changes,
      ...toColumns(failed),
      id: locked.row.id,
      userId: locked.row.user_id,
      failures: storeFor(locked, failures),
      failureCount,
      now,
      confirmed: confirmed && !switchedOff,
      disabledAt: switchedOff ? now : null,
      disabledReason: switchedOff ? 'failures' : null,
    },
  )
  const lockedUntil = lane === 'none' ? null : (accountThrottle(timesIn(failed, lane), now)?.lockedUntil ?? null)
  return { switchedOff, lockedUntil, failureCount, owner: { failed, byDevice: withDevice(locked, failures) } }
}

/**
 * Marks a device that another one's token was compared with before that one accepted it. The
 * sender has proved to be the owner, so it is one failure however often it happens.
 */
export async function savePassedOver(otp: Otp, transaction: Transaction, { kind, row }: LockedDevice): Promise<void> {
  if (row.failure_count > 0) return
  await runStatement(
    otp.database,
    transaction,
    `update ${kind.table} set failure_count = 1, failed_at = $now where id = $id`,
    { now: otp.clock.now(), id: row.id },
  )
}

function withDevice({ kind, row, owner }: LockedDevice, failures: Failures[]): OwnerFailures['byDevice'] {
  return { ...owner.byDevice, [persistentId(kind.name, row.id)]: failures }
}

function storeFor(locked: LockedDevice, failures: Failures[]): string {
  return JSON.stringify(toStored(withDevice(locked, failures)))
}

/** For example `192.0.2.7, Firefox 139 on Linux`, as the owner's profile shows it. */
function describeSource({ address, browser }: ClientInfo): string | null {
  return [address, browser].filter(Boolean).join(', ').slice(0, 200) || null
}

/** Column names come from the kind's own code, never from input. */
function assignments(changes: Changes): string {
  return Object.keys(changes)
    .map((column) => `${column} = $${column},`)
    .join(' ')
}
