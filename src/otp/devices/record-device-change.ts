import { type AuditEntry, noClient, recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { Device } from '../device.js'
import type { Actor, OtpEvents } from '../events.js'
import type { Otp } from '../otp.js'

/** A device that was changed, who changed it, and the transaction of the change. */
type DeviceChange = OtpEvents['deviceAdded'] & Actor

// The functions below complete a change of a device, in its transaction, by anyone: a page, the panel, the
// command line, or the core itself. The event for the application comes last, so that its handler sees all of it.

/** Completes the adding of a device. */
export async function recordDeviceAdded(otp: Otp, change: DeviceChange): Promise<void> {
  await audit(otp, 'device_added', change)
  await endTrustedBrowsers(otp, change)
  await notifyUser(otp, change.transaction, change.userId, { mail: 'device-added', ...byPerson(change) })
  const { by: _by, actorId: _actorId, ...event } = change
  await otp.events.emit('deviceAdded', event)
}

/** Completes the removal of a device. If it is removed with all others, the caller sends one email about all of them. */
export async function recordDeviceRemoved(otp: Otp, change: OtpEvents['deviceRemoved']): Promise<void> {
  await audit(otp, 'device_removed', change)
  await endTrustedBrowsers(otp, change)
  // A setup that was never finished could not be used to sign in.
  if (!change.all && change.device.state !== 'unconfirmed')
    await notifyUser(otp, change.transaction, change.userId, { mail: 'device-removed', ...byPerson(change) })
  await otp.events.emit('deviceRemoved', change)
}

/** Completes the disabling of a device, by an administrator or after too many failures. */
export async function recordDeviceDisabled(otp: Otp, change: OtpEvents['deviceSwitchedOff']): Promise<void> {
  await audit(otp, 'device_switched_off', change)
  await endTrustedBrowsers(otp, change)
  const by = change.by === 'failures' ? 'failures' : 'administrator'
  await notifyUser(otp, change.transaction, change.userId, { mail: 'device-switched-off', ...noticeOf(change), by })
  await otp.events.emit('deviceSwitchedOff', change)
}

/** Completes the enabling of a device by an administrator. */
export async function recordDeviceEnabled(otp: Otp, change: OtpEvents['deviceEnabled']): Promise<void> {
  await audit(otp, 'device_enabled', change)
  const notice = { mail: 'device-enabled', ...noticeOf(change), by: 'administrator' } as const
  await notifyUser(otp, change.transaction, change.userId, notice)
  await otp.events.emit('deviceEnabled', change)
}

async function audit({ database }: Otp, event: AuditEntry['event'], change: DeviceChange): Promise<void> {
  const { transaction, userId, device, at, client, by, actorId } = change
  const details = { name: device.name, ...(by === 'command_line' && { by: 'command line' }) }
  const entry = { event, at, userId, actorId, device: device.persistentId, client, details }
  await recordAuditEvent(database, transaction, entry)
}

/** Returns what every email about a device says. The IP address and browser of an administrator are confidential. */
function noticeOf({ device: { name, kind }, at, client, by }: DeviceChange) {
  const { address, browser } = by === 'owner' || by === 'failures' ? client : noClient
  return { device: name, kind, at, address, browser }
}

function byPerson(change: DeviceChange) {
  const by = change.by === 'owner' ? ('owner' as const) : ('administrator' as const)
  return { ...noticeOf(change), by }
}

/**
 * Ends the trusted browsers of a device's owner. For password, email address and epoch, a database
 * trigger does the same (src/db/migrations/0003-groups-and-browsers.ts).
 */
async function endTrustedBrowsers({ database }: Otp, { device, userId, transaction }: DeviceChange): Promise<void> {
  const sql = 'delete from trusted_browsers where user_id = $userId'
  if (canEarnTrust(device)) await runStatement(database, transaction, sql, { userId })
}

/**
 * Whether a browser can be trusted after a token of this kind. Not with backup tokens: they are for
 * emergencies, often in someone else's browser, and a found list must not give access for weeks. Nor
 * do they end the trust, because they do not change how their owner normally signs in.
 */
export const canEarnTrust = ({ isBackup }: Pick<Device, 'isBackup'>): boolean => !isBackup
