import { runStatement } from '../db/run-statement.js'
import { notifyUser } from '../notify/notify-user.js'
import type { OtpEvents } from '../otp/events.js'
import type { AccountServices } from './account-services.js'
import { QueryTypes } from 'sequelize'

/**
 * Notifies users by email of changes to their devices, in the transaction of the change
 * (docs/emails.md lists every email). `sendTokenUsedEmail` handles used backup tokens. The code
 * of the panel and of the command line sends the emails about its own changes.
 */
export function sendSecurityEmails(account: AccountServices): void {
  const { events } = account.otp
  events.on('deviceAdded', (event) => notifyOfDevice(account, { mail: 'device-added', by: 'owner' }, event))
  events.on('deviceRemoved', async (event) => {
    if (event.all || event.by !== 'owner') return
    // An abandoned setup could never be used to sign in.
    if (event.device.state !== 'unconfirmed')
      await notifyOfDevice(account, { mail: 'device-removed', by: 'owner' }, event)
  })
  events.on('deviceSwitchedOff', async (event) => {
    if (event.by === 'failures') await notifyOfDevice(account, { mail: 'device-switched-off', by: 'failures' }, event)
  })
  events.on('verificationFailed', (event) => notifyOfFailures(account, event))
}

async function notifyOfDevice(
  account: AccountServices,
  notice: { mail: 'device-added' | 'device-removed'; by: 'owner' } | { mail: 'device-switched-off'; by: 'failures' },
  { userId, device, at, origin, transaction }: OtpEvents['deviceAdded'],
): Promise<void> {
  const { address, browser } = origin
  const { name, kind } = device
  await notifyUser(account, transaction, userId, { ...notice, device: name, kind, at, address, browser })
}

/**
 * Sends an email if the password was correct and the second factor failed several times. A wrong
 * code for a new device, or from a requester without the password (lane null), does not mean that
 * someone knows it.
 */
async function notifyOfFailures(
  account: AccountServices,
  { userId, device, at, lane, origin: { address, browser }, transaction }: OtpEvents['verificationFailed'],
): Promise<void> {
  if (!device.confirmed || lane === null) return
  const isKnown = lane !== 'sign_in'
  const warned = await runStatement(account.database, transaction, isKnown ? WARN_KNOWN : WARN, {
    userId,
    lanes: isKnown ? ['known_browser', 'session', 'none'] : ['sign_in', 'none'],
    now: at,
    since: new Date(at.getTime() - FAILURE_WINDOW_MS),
    before: new Date(at.getTime() - WARN_EVERY_MS),
    failures: FAILURES,
  })
  if (warned.length > 0)
    await notifyUser(account, transaction, userId, { mail: 'second-factor-failed', at, address, browser })
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

/**
 * Sends the owner an email when a backup token was used, and a more urgent one if it was the
 * last. The email is enqueued in the transaction that consumes the token, so that neither is
 * committed without the other. The device's kind decides this, not its name.
 */
export function sendTokenUsedEmail(account: AccountServices): void {
  account.otp.events.on('backupTokenUsed', (event) => enqueueTokenUsedEmail(account, event))
}

async function enqueueTokenUsedEmail(
  account: AccountServices,
  { transaction, userId, at, origin: { address, browser } }: OtpEvents['backupTokenUsed'],
): Promise<void> {
  const [row] = await account.database.sequelize.query<{ left: number }>(LEFT, {
    bind: { userId },
    type: QueryTypes.SELECT,
    transaction,
  })
  const left = row?.left ?? 0
  const mail = left === 0 ? 'last-backup-token-used' : 'backup-token-used'
  await notifyUser(account, transaction, userId, { mail, at, address, browser, left })
}

const LEFT = `
select count(*)::int as left from static_tokens t join static_devices d on d.id = t.device_id
where d.user_id = $userId and d.confirmed`
