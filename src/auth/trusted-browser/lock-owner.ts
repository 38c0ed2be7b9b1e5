import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'

/**
 * Locks whoever a browser is trusted for, before anything of his, as src/otp/sql/lock-devices.ts
 * does: a change of password, address or devices comes either before or after.
 *
 * @param user.authEpoch as it was when the password was right
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
