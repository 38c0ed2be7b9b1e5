import { QueryTypes, type Transaction } from 'sequelize'
import { lockNames } from '../../db/lock-names.js'
import type { Otp } from '../otp.js'

/** Seconds for which a sent code is stored. The limits count those of one day. */
export const COUNTED_SECONDS = 2 * 24 * 3600

/** `own`: requested in a verified session, or in a browser in which the user has signed in before. */
export type SendPurpose = 'sign_in' | 'own' | 'set_up'

interface Sent {
  purpose: SendPurpose
  userId: number
  /** The phone number or email address, of which only the keyed hash is stored. */
  target: string
}

/**
 * Checks whether a user or a target has reached the limit of challenges in a day.
 *
 * @returns the time of the oldest one that must expire first, or null if another one can be sent
 */
export async function checkSendLimit(
  otp: Otp,
  transaction: Transaction,
  { userId, target, since, now, purpose }: Sent & { since: Date; now: Date },
  limit: { user: number; target: number },
): Promise<Date | null> {
  // With every known key. Otherwise, a rotation would reset the count.
  const hashes = otp.keys.hashes('challenge_sends', target)
  // Two users can have the same number, and the locks on their rows are separate.
  await lockNames(otp.database, transaction, hashes)
  const [row] = await otp.database.sequelize.query<{ by_user: Date | null; by_target: Date | null }>(
    `select
      (select at from challenge_sends where user_id = $userId and purpose = $purpose and at > $since order by at desc offset $beforeUser limit 1) as by_user,
      (select at from challenge_sends where target_hash = any($hashes) and purpose = $purpose and at > $since order by at desc offset $beforeTarget limit 1) as by_target`,
    {
      bind: { userId, hashes, since, purpose, beforeUser: limit.user - 1, beforeTarget: limit.target - 1 },
      type: QueryTypes.SELECT,
      transaction,
    },
  )
  const times = [row?.by_user, row?.by_target].filter((at) => at instanceof Date)
  const [oldest = null] = times.toSorted((one, other) => other.getTime() - one.getTime())
  if (!oldest || oldest <= now) return oldest
  // Sent while a clock was wrong. Stored as now, because otherwise the day would only start at that time.
  await otp.database.sequelize.query(
    'update challenge_sends set at = $now where (user_id = $userId or target_hash = any($hashes)) and at > $now',
    { bind: { userId, hashes, now }, transaction },
  )
  return now
}

/** Records that a code was sent, and deletes those that no longer count. */
export async function recordSend(
  otp: Otp,
  transaction: Transaction,
  { userId, target, at, purpose, codeHash }: Sent & { at: Date; codeHash: string },
): Promise<void> {
  await otp.database.sequelize.query(
    `with expired as (delete from challenge_sends where user_id = $userId and at < $at::timestamptz - ${COUNTED_SECONDS} * interval '1 second')
    insert into challenge_sends (user_id, target_hash, at, purpose, code_hash)
    values ($userId, $hash, $at, $purpose, $codeHash)`,
    { bind: { userId, hash: otp.keys.hash('challenge_sends', target), at, purpose, codeHash }, transaction },
  )
}
