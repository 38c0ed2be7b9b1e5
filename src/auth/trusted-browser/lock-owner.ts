import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'

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
