import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Auth } from '../auth.js'

export interface Owner {
  /** Times of the last refused tokens, oldest first. */
  tokenFailedAt: Date[]
}

/**
 * Locks whoever a browser is trusted for, before anything of his, as src/otp/sql/lock-devices.ts
 * does: a change of password, address or devices comes either before or after.
 *
 * @param user.authEpoch as it was when the password was right
 * @returns null where sessions ended or the account was switched off since
 */
export async function lockOwner(
  { database }: Pick<Auth, 'database'>,
  transaction: Transaction,
  { id, authEpoch }: { id: number; authEpoch: number },
): Promise<Owner | null> {
  const [owner] = await runStatement<{ tokenFailedAt: Date[] }>(database, transaction, LOCK, { id, authEpoch })
  return owner ?? null
}

const LOCK = `
select token_failed_at as "tokenFailedAt" from users where id = $id and auth_epoch = $authEpoch and is_active for update`
