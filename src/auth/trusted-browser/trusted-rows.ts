import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { PersistentId } from '../../otp/device.js'
import type { Otp } from '../../otp/otp.js'
import { parsePersistentId, persistentId } from '../../otp/devices/persistent-id.js'
import { canEarnTrust } from '../../otp/devices/record-device-change.js'
import type { Auth } from '../auth.js'
import { hashSeries, type TrustToken } from './trust-cookie.js'

/**
 * Locks the user for whom a browser is trusted before any of their rows, like
 * src/otp/sql/lock-devices.ts. A change of password, email address or devices waits for it.
 *
 * @param user.authEpoch the epoch when the password was checked
 * @returns false if sessions ended or the account was deactivated since
 */
export async function lockOwner(
  { database }: Pick<Auth, 'database'>,
  transaction: Transaction,
  { id, authEpoch }: { id: number; authEpoch: number },
): Promise<boolean> {
  return (await runStatement(database, transaction, LOCK, { id, authEpoch })).length > 0
}

const LOCK = 'select from users where id = $id and auth_epoch = $authEpoch and is_active for update'

/** Finds which of a browser's tokens are still valid, for any user. The others are removed from the cookie. */
export async function findValidTokens(
  { database, otp, clock }: Pick<Auth, 'database' | 'otp' | 'clock'>,
  transaction: Transaction,
  tokens: readonly TrustToken[],
): Promise<TrustToken[]> {
  if (tokens.length === 0) return []
  const hashed = tokens.map((each) => ({ each, hashes: hashSeries(otp.keys, each.series) }))
  const rows = await runStatement<{ hash: string }>(database, transaction, STANDING, {
    series: hashed.flatMap(({ hashes }) => hashes),
    now: clock.now(),
  })
  return hashed.filter(({ hashes }) => rows.some(({ hash }) => hashes.includes(hash))).map(({ each }) => each)
}

const STANDING = `
select series_hash as hash from trusted_browsers where series_hash = any($series::text[]) and expires_at > $now`

/** The device that was used when a browser was trusted. */
export interface TrustingDevice {
  kind: string
  persistentId: PersistentId
}

/**
 * Reads the device that a trusted browser replaces. The owner is locked, so it cannot change.
 *
 * @returns null if it was removed or disabled, is of a kind that is not in use, or is a set of backup tokens
 */
export async function readTrustingDevice(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  device: string,
): Promise<TrustingDevice | null> {
  const named = parsePersistentId(device)
  const kind = otp.kinds.find(({ name }) => name === named?.kind)
  if (!named || !kind || !canEarnTrust(kind)) return null
  const rows = await runStatement(
    otp.database,
    transaction,
    `select from ${kind.table} where id = $id and user_id = $userId and confirmed`,
    { id: named.id, userId },
  )
  return rows.length > 0 ? { kind: kind.name, persistentId: persistentId(kind.name, named.id) } : null
}
