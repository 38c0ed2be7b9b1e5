import { recordAuditEvent } from '../../audit/record-event.js'
import { notifyUser } from '../../notify/notify-user.js'
import type { ClientInfo } from '../../client-info.js'
import { type BackupTokenSet, generateBackupTokens } from './generate.js'
import type { AccountServices } from '../../account/account-services.js'

/** Generates a new set of backup tokens in place of the old one, and notifies the owner. */
export async function replaceBackupTokens(
  account: AccountServices,
  userId: number,
  client: ClientInfo,
): Promise<BackupTokenSet> {
  const { database, otp } = account
  return database.sequelize.transaction(async (transaction) => {
    const set = await generateBackupTokens(otp, transaction, userId)
    const { madeAt: at, tokens } = set
    await recordAuditEvent(database, transaction, { event: 'backup_tokens_made', at, userId, client })
    const { address, browser } = client
    const notice = { mail: 'backup-tokens-made', by: 'owner', at, address, browser, left: tokens.length } as const
    await notifyUser(account.otp, transaction, userId, notice)
    return set
  })
}
