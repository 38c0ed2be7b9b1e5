import type { Transaction } from 'sequelize'
import type { Config } from '../config/read-config.js'
import type { Notice } from '../notify/mails.js'
import { tellUser } from '../notify/tell-user.js'
import type { Otp } from '../otp/otp.js'

/** What a command did to an account; the rest is the same for all commands. */
type Told =
  | { mail: 'backup-tokens-made'; left: number }
  | { mail: 'device-added'; device: string; kind: string }
  | { mail: 'two-factor-disabled' }

/** Tells somebody by mail what an administrator did on the command line. A server delivers it. */
export async function tellOwner(
  otp: Otp,
  config: Config,
  transaction: Transaction,
  userId: number,
  told: Told,
): Promise<void> {
  const baseUrl = () => config.baseUrl ?? `http://localhost:${config.port}`
  const notice: Notice = { ...told, by: 'administrator', at: otp.clock.now(), address: null, browser: null }
  await tellUser({ ...otp, baseUrl }, transaction, userId, notice)
}
