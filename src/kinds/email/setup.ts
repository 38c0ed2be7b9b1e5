import type { Request } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { noteSetup } from '../../auth/in-progress.js'
import { runStatement } from '../../db/run-statement.js'
import { addEmailDevice } from './add-device.js'
import { maskEmail } from './mask-email.js'
import type { AccountServices } from '../../account/account-services.js'
import { readCodeSetup } from '../delivered-code/setup.js'

/**
 * Begins to set up the person's own mailbox: an unconfirmed device without an address of
 * its own, so that a confirmed change of the account's address takes it along.
 *
 * @returns its persistent id, or null where the user has such a device already
 */
export async function startEmailSetup(
  account: AccountServices,
  req: Request,
  user: RequestUser,
): Promise<string | null> {
  const { database, otp, clock } = account
  const known = 'select from email_devices where user_id = $userId and confirmed'
  if ((await runStatement(database, undefined, known, { userId: user.id })).length > 0) return null
  const begun = await readCodeSetup(account, req, 'email')
  if (begun) return begun.deviceId
  const name = req.t('phone:email.name', { address: maskEmail(user.email) }).slice(0, 64)
  const device = await addEmailDevice(otp, undefined, { userId: user.id, name, confirmed: false, address: null })
  noteSetup(req, { device: device.persistentId, at: clock.now().getTime() })
  return device.persistentId
}
