import type { Request, Response } from 'express'
import { openSession, type SessionEnded } from '../../auth/open-session.js'
import { deviceFactor, goingOn } from '../../auth/session.js'
import { withoutDevice } from '../../auth/in-progress.js'
import type { RequestUser } from '../../auth/request-user.js'
import { loginPath } from '../../http/safe-next.js'
import type { Device } from '../../otp/device.js'
import type { Opening } from '../../otp/opening.js'
import { devicesForUser } from '../../otp/devices-for-user.js'
import type { AccountServices } from '../account-services.js'
import { backupSets } from '../kind-pages.js'

/** A device that was confirmed, or a session that ended before. */
export type Confirmed = { ok: true; device: Device } | SessionEnded

/**
 * What every set-up ends with, of whatever kind: after the first device backup tokens are
 * made, and shown on the page that the browser is sent to.
 *
 * @param confirmed what has become of the device with `openSetUp`
 */
export async function finishSetup(
  account: AccountServices,
  req: Request,
  res: Response,
  { user, confirmed, next }: { user: RequestUser; confirmed: Confirmed; next: string | null },
): Promise<void> {
  if (!confirmed.ok) return res.redirect(303, loginPath(next))
  const { device } = confirmed
  if (await isFirst(account, user, device)) await backupSets(account)?.make(account, req, res, user.id)
  res.redirect(303, completeAddress(next))
}

/**
 * Confirms a device together with the session that it verifies, in one commit: the session
 * goes on under a new id (ASVS 7.2.4). Signed out meanwhile: neither happens.
 *
 * @param confirm hands the opening to whatever confirms the device
 */
export function openSetup<Outcome extends { ok: boolean }>(
  { clock }: AccountServices,
  req: Request,
  confirm: (opens: Opening) => Promise<Outcome>,
): Promise<Outcome | SessionEnded> {
  const now = clock.now()
  const holds = (device: Device) => {
    const { invitedAt: _, ...rest } = goingOn(req, deviceFactor(device, now))
    return withoutDevice(rest, device.persistentId)
  }
  return openSession(req, { holds }, confirm)
}

/** Backup tokens are not a second factor themselves. */
async function isFirst({ otp }: AccountServices, user: RequestUser, device: Device): Promise<boolean> {
  const devices = await devicesForUser(otp, user.id)
  return devices.every(({ isBackup, persistentId }) => isBackup || persistentId === device.persistentId)
}

function completeAddress(next: string | null): string {
  const address = '/account/two-factor/setup/complete'
  return next ? `${address}?next=${encodeURIComponent(next)}` : address
}
