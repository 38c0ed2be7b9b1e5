import type { Transaction } from 'sequelize'
import { revokeLinks } from '../auth/links/one-time-link.js'
import { unlockUser } from '../auth/unlock-user.js'
import { noClient } from '../client-info.js'
import type { Otp } from '../otp/otp.js'
import { removeAllDevices } from '../otp/devices/remove-all-devices.js'
import { findUsersOrFail } from './find-users.js'
import { notifyFromCommandLine } from './notify-from-command-line.js'
import { warnObstacles } from './warn-obstacles.js'
import { withOtp } from './with-otp.js'

/** Removes every device of these users in one transaction. If one of them is unknown, nothing is changed. */
export async function twoFactorDisable(emails: string[]): Promise<void> {
  await withOtp(async (otp, config) => {
    const removed = await otp.database.sequelize.transaction(async (transaction) => {
      const users = await findUsersOrFail(otp, emails, transaction)
      let count = 0
      for (const { id } of users) await unlockUser(otp, transaction, { userId: id, actorId: null, client: noClient })
      for (const user of users) await warnObstacles(otp, config, transaction, user, 'resetSecondFactor')
      for (const { id } of users) count += await removeFrom(otp, transaction, id)
      return count
    })
    console.error(`Removed ${removed} device${removed === 1 ? '' : 's'}.`)
  })
}

/** Removes a user's devices, with one audit event per device (NIST SP 800-63B-4 §4.1). */
async function removeFrom(otp: Otp, transaction: Transaction, userId: number): Promise<number> {
  const by = { by: 'command_line', actorId: null } as const
  const removed = await removeAllDevices(otp, transaction, { userId, client: noClient, ...by })
  // The invitation was issued when the user still had a device, so it required a code as well.
  await revokeLinks(otp, transaction, 'invitation', [userId])
  if (removed > 0) await notifyFromCommandLine(otp, transaction, userId, { mail: 'two-factor-disabled' })
  return removed
}
