import type { Request, Response } from 'express'
import { openSession, type SessionEnded } from '../../auth/session/open-session.js'
import { deviceFactor, continuedData } from '../../auth/session/session.js'
import { withoutDevice } from '../../auth/session/in-progress.js'
import type { RequestUser } from '../../auth/request-user.js'
import { loginPath } from '../../http/paths/safe-next.js'
import type { Device } from '../../otp/device.js'
import type { Opening } from '../../otp/throttle/opening.js'
import { devicesForUser } from '../../otp/devices/devices-for-user.js'
import type { AccountServices } from '../account-services.js'
import { backupSets } from '../kind-pages.js'

/** A confirmed device, or a session that ended before it was confirmed. */
export type Confirmed = { ok: true; device: Device } | SessionEnded

/**
 * Finishes a setup of any kind. After the first device it generates backup tokens, and the page
 * that the browser is redirected to shows them.
 *
 * @param confirmed from `openSetup`
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
  res.redirect(303, completePath(next))
}

/**
 * Confirms a device and the session that it verifies in one commit. The session continues with a
 * new ID (ASVS 7.2.4). If the user has signed out, neither happens.
 *
 * @param confirm passes the opening to the function that confirms the device
 */
export function openSetup<Outcome extends { ok: boolean }>(
  { clock }: AccountServices,
  req: Request,
  confirm: (opens: Opening) => Promise<Outcome>,
): Promise<Outcome | SessionEnded> {
  const now = clock.now()
  const dataFor = (device: Device) => {
    const { invitedAt: _, ...rest } = continuedData(req, deviceFactor(device, now))
    return withoutDevice(rest, device.persistentId)
  }
  return openSession(req, { dataFor }, confirm)
}

/** Whether the user has no other device. Backup tokens are not a second factor on their own. */
async function isFirst({ otp }: AccountServices, user: RequestUser, device: Device): Promise<boolean> {
  const devices = await devicesForUser(otp, user.id)
  return devices.every(({ isBackup, persistentId }) => isBackup || persistentId === device.persistentId)
}

function completePath(next: string | null): string {
  const path = '/account/two-factor/setup/complete'
  return next ? `${path}?next=${encodeURIComponent(next)}` : path
}
