import type { Request } from 'express'
import type { RequestUser } from '../../auth/request-user.js'
import { noteSetup } from '../../auth/session/in-progress.js'
import { runStatement } from '../../db/run-statement.js'
import { addEmailDevice } from './add-device.js'
import { maskEmail } from './mask-email.js'
import type { AccountServices } from '../../account/account-services.js'
import { readCodeSetup } from '../delivered-code/setup.js'

export const EMAIL_SETUP_PATH = '/account/two-factor/email/add'

/**
 * Starts the setup of codes by email, or continues the one that this session has started. The
 * unconfirmed device has no separate email address, so its codes follow a confirmed change of the
 * account's email address.
 *
 * @returns the device's persistent ID, or null if the user already has such a device
 */
export async function startEmailSetup(
  account: AccountServices,
  req: Request,
  user: RequestUser,
): Promise<string | null> {
  const { database, otp, clock } = account
  const findConfirmed = 'select from email_devices where user_id = $userId and confirmed'
  if ((await runStatement(database, undefined, findConfirmed, { userId: user.id })).length > 0) return null
  const started = await readCodeSetup(account, req, 'email')
  if (started) return started.deviceId
  const name = req.t('phone:email.name', { address: maskEmail(user.email) }).slice(0, 64)
  const device = await addEmailDevice(otp, undefined, { userId: user.id, name, confirmed: false, address: null })
  noteSetup(req, { device: device.persistentId, at: clock.now().getTime() })
  return device.persistentId
}
