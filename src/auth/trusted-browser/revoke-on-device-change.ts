import type { Transaction } from 'sequelize'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { OtpEvents } from '../../otp/events.js'
import type { Otp } from '../../otp/otp.js'
import { canEarnTrust } from './read-trusting-device.js'

/**
 * Revokes all trusted browsers of a user when a device is added, removed or disabled by anyone, in the
 * same transaction. Backup tokens are an exception, because they do not change how the user
 * normally signs in. For password, email address and epoch, a database trigger does the same
 * (src/db/migrations/0003-groups-and-browsers.ts).
 */
export function revokeOnDeviceChange({ events, database }: Pick<Otp, 'events' | 'database'>): void {
  const end = async ({ userId, device, transaction }: OtpEvents['deviceAdded']) => {
    if (canEarnTrust(device)) await deleteTrustedBrowsers(database, transaction, userId)
  }
  events.on('deviceAdded', end)
  events.on('deviceRemoved', end)
  events.on('deviceSwitchedOff', end)
}

/** Revokes all trusted browsers of a user, for changes without an event. */
export async function deleteTrustedBrowsers(
  database: Pick<Database, 'pool'>,
  transaction: Transaction,
  userId: number,
): Promise<void> {
  await runStatement(database, transaction, END, { userId })
}

const END = 'delete from trusted_browsers where user_id = $userId'
