import type { Transaction } from 'sequelize'
import { type BackupToken, hashBackupToken, randomBackupToken, UNNAMED_SET } from './backup-token.js'
import type { Device } from './device.js'
import { staticKind } from './kinds/static.js'
import type { Otp } from './otp.js'
import { toDevice } from './ask-device.js'

/**
 * Adds one backup token to a user's first confirmed set, or to a new one.
 *
 * @param token made here where it is missing; adding the same twice keeps one
 * @returns the token in clear, which is stored nowhere
 */
export async function addStaticToken(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  token: BackupToken = randomBackupToken(),
): Promise<{ device: Device; token: BackupToken }> {
  const { StaticDevice, StaticToken, User } = otp.database.models
  // Two at once would each make a set of their own.
  await User.findByPk(userId, { attributes: ['id'], lock: transaction.LOCK.UPDATE, transaction })
  const existing = await StaticDevice.findOne({
    where: { user_id: userId, confirmed: true },
    order: ['id'],
    transaction,
  })
  const row =
    existing ??
    (await StaticDevice.create(
      { user_id: userId, name: UNNAMED_SET, confirmed: true, created_at: otp.clock.now() },
      { transaction },
    ))
  await StaticToken.bulkCreate(
    [{ device_id: row.id, token_hash: hashBackupToken(otp.keys, token), created_at: otp.clock.now() }],
    { ignoreDuplicates: true, transaction },
  )
  return { device: toDevice(staticKind, row.get({ plain: true })), token }
}
