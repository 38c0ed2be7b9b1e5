import type { Request, Response } from 'express'
import { deviceFactor, renewSession, useUpSession } from '../../auth/session.js'
import type { RequestUser } from '../../auth/request-user.js'
import { describeOrigin } from '../../http/describe-origin.js'
import { loginAddress } from '../../http/safe-next.js'
import type { Device } from '../../otp/device.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import type { Account } from '../account.js'
import { handOver } from '../backup-tokens/hand-over.js'
import { renewBackupTokens } from '../backup-tokens/renew-backup-tokens.js'

/**
 * What every set-up ends with, of whatever kind: the session goes on under a new id, verified
 * by the new device (ASVS 7.2.4). After the first one backup tokens are made, and shown
 * on the page that the browser is sent to.
 *
 * @param device has just been confirmed by the person of this request
 */
export async function finishSetUp(
  account: Account,
  req: Request,
  res: Response,
  { user, device, next }: { user: RequestUser; device: Device; next: string | null },
): Promise<void> {
  // Signed out while the code was on its way: the device stands, the session does not.
  if (!(await useUpSession(req))) return res.redirect(303, loginAddress(next))
  delete req.session.setUp
  delete req.session.invitedAt
  await renewSession(req, deviceFactor(device, account.clock.now()))
  if (await isFirst(account, user, device))
    handOver(account, req, res, await renewBackupTokens(account, user.id, describeOrigin(req)))
  res.redirect(303, completeAddress(next))
}

/** Backup tokens stand beside a device; they are none themselves. */
async function isFirst({ otp }: Account, user: RequestUser, device: Device): Promise<boolean> {
  const devices = await devicesForUser(otp, user.id)
  return devices.every(({ kind, persistentId }) => kind === 'static' || persistentId === device.persistentId)
}

function completeAddress(next: string | null): string {
  const address = '/account/two-factor/setup/complete'
  return next ? `${address}?next=${encodeURIComponent(next)}` : address
}
