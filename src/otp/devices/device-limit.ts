import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import { SiteError } from '../../errors.js'
import { COUNTS_AS_FACTOR, type Verification } from '../device.js'
import type { Kind } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'

/** Devices of one kind that a user can have, active and disabled ones together. */
export const DEVICES_OF_KIND = 20

/** The rejection of a setup that would exceed the limit. */
export const tooManyDevices = {
  ok: false,
  reason: 'verification_not_allowed',
  message: 'errors:too_many_devices',
} as const satisfies Verification

/**
 * Whether a user can have another device of a kind. With the owner's row locked, concurrent
 * setups cannot exceed the limit together.
 */
export async function hasRoomFor(
  { database }: Pick<Otp, 'database'>,
  transaction: Transaction | undefined,
  { table }: Pick<Kind, 'table'>,
  userId: number,
): Promise<boolean> {
  const sql = `select count(*)::int as count from ${table} d where d.user_id = $userId and ${COUNTS_AS_FACTOR}`
  const [row] = await runStatement<{ count: number }>(database, transaction, sql, { userId })
  return (row?.count ?? 0) < DEVICES_OF_KIND
}

/**
 * Locks the owner and requires room for a confirmed device.
 *
 * @throws {SiteError} `too_many_devices`
 */
export async function requireRoomFor(otp: Otp, transaction: Transaction, kind: Kind, userId: number): Promise<void> {
  await runStatement(otp.database, transaction, 'select from users where id = $userId for update', { userId })
  if (await hasRoomFor(otp, transaction, kind, userId)) return
  throw new SiteError(
    'too_many_devices',
    `The user already has ${DEVICES_OF_KIND} devices of the kind "${kind.name}".`,
    'Remove one of them first.',
  )
}
