import type { Transaction } from 'sequelize'
import type { Notice } from '../notify/mails.js'
import { notifyUser } from '../notify/notify-user.js'
import type { Otp } from '../otp/otp.js'

/** The part of a notice that differs between commands. */
type CommandNotice = { mail: 'backup-tokens-made'; left: number } | { mail: 'two-factor-disabled' }

/** Emails a user about what an administrator did on the command line. A server delivers the email. */
export async function notifyFromCommandLine(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  changes: CommandNotice,
): Promise<void> {
  const notice: Notice = { ...changes, by: 'administrator', at: otp.clock.now(), address: null, browser: null }
  await notifyUser(otp, transaction, userId, notice)
}
