import type { Transaction } from 'sequelize'
import type { Database } from '../../db/connect.js'
import { runStatement } from '../../db/run-statement.js'
import type { OtpEvents } from '../../otp/events.js'
import type { Otp } from '../../otp/otp.js'
import { earnsTrust } from './read-device.js'

/**
 * Ends all trusted browsers of a person when a device comes, goes or is switched off, in the
 * same transaction and whoever does it. A new set of backup tokens changes
 * nothing about how somebody signs in. Password, address and epoch are watched by the
 * database itself (src/db/migrations/0003-groups-and-browsers.ts).
 */
export function endTrust({ events, database }: Pick<Otp, 'events' | 'database'>): void {
  const end = async ({ userId, device, transaction }: OtpEvents['deviceAdded']) => {
    if (earnsTrust(device)) await endTrustOf(database, transaction, userId)
  }
  events.on('deviceAdded', end)
  events.on('deviceRemoved', end)
  events.on('deviceSwitchedOff', end)
}

/** Ends all trusted browsers of a person: for changes that no event tells of. */
export async function endTrustOf(
  database: Pick<Database, 'pool'>,
  transaction: Transaction,
  userId: number,
): Promise<void> {
  await runStatement(database, transaction, END, { userId })
}

const END = 'delete from trusted_browsers where user_id = $userId'
