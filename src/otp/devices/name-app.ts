import { QueryTypes, type Transaction } from 'sequelize'
import type { Otp } from '../otp.js'

const NAME = 'Authenticator app'

/**
 * Names a new authenticator app so that its owner can distinguish it from others when they choose
 * a device at sign-in. Unfinished setups are ignored.
 *
 * @example await nameApp(otp, transaction, 3) // 'Authenticator app', then 'Authenticator app 2'
 */
export async function nameApp(otp: Otp, transaction: Transaction, userId: number): Promise<string> {
  const rows = await otp.database.sequelize.query<{ name: string }>(
    'select name from totp_devices where user_id = $userId and confirmed_at is not null',
    { bind: { userId }, type: QueryTypes.SELECT, transaction },
  )
  const taken = new Set(rows.map(({ name }) => name))
  const names = [NAME, ...Array.from({ length: taken.size }, (_, index) => `${NAME} ${index + 2}`)]
  return names.find((name) => !taken.has(name)) ?? NAME
}
