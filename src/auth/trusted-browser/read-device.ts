import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { PersistentId } from '../../otp/device.js'
import type { KindTraits } from '../../otp/kinds/kind.js'
import type { Otp } from '../../otp/otp.js'
import { parsePersistentId, persistentId } from '../../otp/persistent-id.js'

/** The device that earned a browser's trust, as far as it matters here. */
export interface TrustingDevice {
  kind: string
  persistentId: PersistentId
}

/**
 * Reads a device that may answer by a trusted browser. The owner is locked, so it stays as it is.
 *
 * @returns null where it is gone, switched off, of a kind that is not in use, or backup tokens
 */
export async function readDevice(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  device: string,
): Promise<TrustingDevice | null> {
  const named = parsePersistentId(device)
  const kind = otp.kinds.find(({ name }) => name === named?.kind)
  if (!named || !kind || !earnsTrust(kind)) return null
  const rows = await runStatement(
    otp.database,
    transaction,
    `select from ${kind.table} where id = $id and user_id = $userId and confirmed`,
    { id: named.id, userId },
  )
  return rows.length > 0 ? { kind: kind.name, persistentId: persistentId(kind.name, named.id) } : null
}

/**
 * Backup tokens are for the day when the device is not at hand, often in a browser that is
 * not one's own, and a found list of them must not open a door for weeks.
 */
export const earnsTrust = ({ isBackup }: Pick<KindTraits, 'isBackup'>): boolean => !isBackup
