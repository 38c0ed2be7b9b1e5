import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { PersistentId } from '../../otp/device.js'
import type { Otp } from '../../otp/otp.js'
import { parsePersistentId, persistentId } from '../../otp/persistent-id.js'
import { canEarnTrust } from '../../otp/record-device-change.js'

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
