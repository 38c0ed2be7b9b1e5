import { type AuditEntry, recordAuditEvent } from '../../audit/record-event.js'
import { runStatement } from '../../db/run-statement.js'
import { notifyUser } from '../../notify/notify-user.js'
import { devicesForUser } from '../devices/devices-for-user.js'
import type { OtpEvents } from '../events.js'
import type { Otp } from '../otp.js'

/**
 * Adds the site's own handlers of submitted tokens: they write to the audit log and notify users
 * by email (docs/emails.md lists every email), in the transaction that verifies the token. Neither is
 * committed without the other. Changes of devices do this where they are made
 * (record-device-change.ts).
 */
export function recordTokens(otp: Otp): void {
  const { events } = otp
  events.on('userVerified', (about) =>
    audit(otp, about, { event: about.device.isBackup ? 'backup_token_used' : 'token_accepted' }),
  )
  events.on('backupTokenUsed', (about) => notifyOfBackupToken(otp, about))
  events.on('verificationFailed', async (about) => {
    const { failureCount: failures, because, lane } = about
    const details = { failures, ...(because && { because }), ...senderDetails(lane) }
    await audit(otp, about, { event: 'token_refused', details })
    await notifyOfFailures(otp, about)
  })
  events.on('userLocked', ({ transaction, userId, at, client, lockedUntil }) => {
    const details = { until: lockedUntil.toISOString() }
    return recordAuditEvent(otp.database, transaction, { event: 'user_locked', at, userId, client, details })
  })
}

/** What the sender had shown besides the password, or that even that was missing. */
function senderDetails(lane: OtpEvents['verificationFailed']['lane']): object {
  if (lane === null) return { without_password: true }
  return lane === 'sign_in' ? {} : { lane }
}

function audit(
  { database }: Otp,
  { transaction, userId, device, at, client }: OtpEvents['userVerified'],
  entry: Pick<AuditEntry, 'event' | 'details'>,
): Promise<void> {
  return recordAuditEvent(database, transaction, { at, userId, device: device.persistentId, client, ...entry })
}

/** Notifies the owner that a backup token was used, more urgently if it was the last. */
async function notifyOfBackupToken(
  otp: Otp,
  { transaction, userId, at, client: { address, browser } }: OtpEvents['backupTokenUsed'],
): Promise<void> {
  const devices = await devicesForUser(otp, userId, { transaction })
  const left = devices.reduce((sum, { isBackup, remaining }) => sum + (isBackup ? (remaining ?? 0) : 0), 0)
  const mail = left === 0 ? 'last-backup-token-used' : 'backup-token-used'
  await notifyUser(otp, transaction, userId, { mail, at, address, browser, left })
}

/**
 * Sends an email if the password was correct and the second factor failed several times. A wrong
 * code for a new device, or from a requester without the password (lane null), does not mean that
 * someone knows it.
 */
async function notifyOfFailures(
  otp: Otp,
  { userId, device, at, lane, client: { address, browser }, transaction }: OtpEvents['verificationFailed'],
): Promise<void> {
  if (!device.confirmed || lane === null) return
  const isKnown = lane !== 'sign_in'
  const warned = await runStatement(otp.database, transaction, isKnown ? WARN_KNOWN : WARN, {
    userId,
    lanes: isKnown ? ['known_browser', 'session', 'none'] : ['sign_in', 'none'],
    now: at,
    since: new Date(at.getTime() - FAILURE_WINDOW_MS),
    before: new Date(at.getTime() - WARN_EVERY_MS),
    failures: FAILURES,
  })
  if (warned.length > 0)
    await notifyUser(otp, transaction, userId, { mail: 'second-factor-failed', at, address, browser })
}

/**
 * This many failures within the window cause an email, at most once an hour. Known browsers and
 * sessions have their own hour, so that failures there do not suppress the email about others.
 */
const FAILURES = 3
const FAILURE_WINDOW_MS = 15 * 60_000
const WARN_EVERY_MS = 3600_000

// A time in the future was stored while a clock was wrong.
const warn = (column: 'warned_at' | 'own_warned_at') => `
update users set ${column} = $now
where id = $userId and (${column} is null or ${column} <= $before or ${column} > $now)
  and (select count(*) from unnest(token_failed_at, token_failed_lanes) failed(at, lane)
    where failed.at > $since and coalesce(failed.lane, 'sign_in') = any($lanes::text[])) >= $failures
returning id`

const WARN = warn('warned_at')
const WARN_KNOWN = warn('own_warned_at')
