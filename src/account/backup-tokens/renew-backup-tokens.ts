import { recordEvent } from '../../audit.js'
import { tellUser } from '../../notify/tell-user.js'
import type { Origin } from '../../origin.js'
import { type BackupTokenSet, makeBackupTokens } from '../../otp/make-backup-tokens.js'
import type { Account } from '../account.js'

/** Makes a new set of backup tokens in place of the old one, and tells the owner. */
export async function renewBackupTokens(account: Account, userId: number, origin: Origin): Promise<BackupTokenSet> {
  const { database, otp } = account
  return database.sequelize.transaction(async (transaction) => {
    const set = await makeBackupTokens(otp, transaction, userId)
    const { madeAt: at, tokens } = set
    await recordEvent(database, transaction, { event: 'backup_tokens_made', at, userId, origin })
    const { address, browser } = origin
    const notice = { mail: 'backup-tokens-made', by: 'owner', at, address, browser, left: tokens.length } as const
    await tellUser(account, transaction, userId, notice)
    return set
  })
}
