import type { Request } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { noteSetUp } from '../../auth/under-way.js'
import { addTotpDevice } from '../../otp/add-totp-device.js'
import { nameApp } from '../../otp/name-app.js'
import type { Account } from '../account.js'
import { readSetUp } from './read-set-up.js'

/**
 * Begins to set up an authenticator app: an unconfirmed device, which verifies nobody. One
 * that this session has begun before goes on, so that an app that has read its code stays right.
 */
export async function beginSetUp(account: Account, req: Request, user: RequestUser): Promise<void> {
  if (await readSetUp(account, req)) return
  const { device } = await account.database.sequelize.transaction(async (transaction) => {
    const name = await nameApp(account.otp, transaction, user.id)
    return addTotpDevice(account.otp, transaction, { user, name, confirmed: false })
  })
  noteSetUp(req, { device: device.persistentId, at: account.clock.now().getTime() })
}
