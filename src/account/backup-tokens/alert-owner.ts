import { QueryTypes } from 'sequelize'
import { tellUser } from '../../notify/tell-user.js'
import type { OtpEvents } from '../../otp/events.js'
import type { Account } from '../account.js'

/**
 * Tells the owner by mail when a backup token was used, and more urgently when it was the
 * last one. The mail is enqueued in the transaction that used the token up: neither stands
 * without the other. It goes by the device's kind, whatever its name.
 */
export function alertOwner(account: Account): void {
  account.otp.events.on('backupTokenUsed', (event) => enqueueAlert(account, event))
}

async function enqueueAlert(
  account: Account,
  { transaction, userId, at, origin: { address, browser } }: OtpEvents['backupTokenUsed'],
): Promise<void> {
  const [row] = await account.database.sequelize.query<{ left: number }>(LEFT, {
    bind: { userId },
    type: QueryTypes.SELECT,
    transaction,
  })
  const left = row?.left ?? 0
  const mail = left === 0 ? 'last-backup-token-used' : 'backup-token-used'
  await tellUser(account, transaction, userId, { mail, at, address, browser, left })
}

const LEFT = `
select count(*)::int as left from static_tokens t join static_devices d on d.id = t.device_id
where d.user_id = $userId and d.confirmed`
