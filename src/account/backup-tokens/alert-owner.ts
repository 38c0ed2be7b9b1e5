import { QueryTypes } from 'sequelize'
import { enqueue } from '../../notify/enqueue.js'
import type { OtpEvents } from '../../otp/events.js'
import type { Account } from '../account.js'

/**
 * Tells the owner by mail when a backup token was used. The mail is enqueued in the
 * transaction that used the token up: neither stands without the other. It goes by the
 * device's kind, whatever its name.
 */
export function alertOwner(account: Account): void {
  account.otp.events.on('userVerified', async (event) => {
    if (event.device.kind === 'static') await enqueueAlert(account, event)
  })
}

async function enqueueAlert(
  account: Account,
  { transaction, userId, at, origin }: OtpEvents['userVerified'],
): Promise<void> {
  const [owner] = await account.database.sequelize.query<{ email: string; name: string; left: number }>(OWNER, {
    bind: { userId },
    type: QueryTypes.SELECT,
    transaction,
  })
  if (!owner) return
  await enqueue(account, transaction, 'send-mail', {
    mail: 'backup-token-used',
    to: owner.email,
    name: owner.name,
    at,
    address: origin.address,
    browser: origin.browser,
    left: owner.left,
    link: new URL('/account/two-factor/sessions', account.baseUrl()).href,
  })
}

const OWNER = `
select u.email, u.name,
  (select count(*)::int from static_tokens t join static_devices d on d.id = t.device_id
    where d.user_id = u.id and d.confirmed) as left
from users u where u.id = $userId`
