import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../otp.js'
import { clearPasswordWaits } from './password-waits.js'
import { FAILURES_UNTIL_DISABLED } from './throttle.js'

/**
 * Clears the account's lock, the waits after incorrect passwords, and the waits of all the user's
 * devices, including those in setup and of kinds that are not in use. Failures are deleted and the
 * next code can be sent immediately. A device that was disabled after too many failures stays disabled.
 *
 * @returns whether there was anything to clear
 */
export async function clearWaits(otp: Otp, transaction: Transaction, userId: number): Promise<boolean> {
  // The user's row is locked first, as everywhere.
  await runStatement(otp.database, transaction, 'select from users where id = $userId for update', { userId })
  let cleared = (await runStatement(otp.database, transaction, CLEAR_OWNER, { userId })).length > 0
  if (await clearPasswordWaits(otp, transaction, userId)) cleared = true
  for (const kind of otp.everyKind) {
    const limit = kind.unguessable ? null : FAILURES_UNTIL_DISABLED
    const values = { userId, limit }
    if ((await runStatement(otp.database, transaction, clearDevices(kind.table), values)).length > 0) cleared = true
    if (kind.challenge) await runStatement(otp.database, transaction, clearCooldown(kind.table), { userId })
  }
  return cleared
}

const CLEAR_OWNER = `
update users set token_failed_at = '{}', token_failed_lanes = '{}', token_failures = '{}'
where id = $userId and (token_failed_at <> '{}' or token_failures <> '{}') returning id`

const clearDevices = (table: string) => `
update ${table} set failure_count = 0, failed_at = null
where user_id = $userId and failure_count > 0 and (confirmed or $limit::int is null or failure_count < $limit)
returning id`

const clearCooldown = (table: string) =>
  `update ${table} set challenged_at = null where user_id = $userId and challenged_at is not null`
