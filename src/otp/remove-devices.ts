import { QueryTypes, type Transaction } from 'sequelize'
import type { Otp } from './otp.js'

/**
 * Removes every device of a user, confirmed or not, and ends the user's sessions: a
 * session that one of them verified must not outlive it. Those of a kind that is switched
 * off at present go as well: switched on again they would verify.
 *
 * @returns how many there were
 */
export async function removeAllDevices(otp: Otp, transaction: Transaction, userId: number): Promise<number> {
  let removed = 0
  await otp.database.models.User.increment('auth_epoch', { where: { id: userId }, transaction })
  for (const { table } of otp.everyKind) {
    const rows = await otp.database.sequelize.query(`delete from ${table} where user_id = $userId returning id`, {
      bind: { userId },
      type: QueryTypes.SELECT,
      transaction,
    })
    removed += rows.length
  }
  return removed
}
