import { revokeTrust } from '../../auth/trusted-browser/revoke-trust.js'
import type { Origin } from '../../origin.js'
import type { Account } from '../account.js'

/**
 * Ends one trusted browser of a user's own, or all of them (`id` null).
 *
 * @returns how many there were
 */
export function endTrustedBrowsers(
  account: Account,
  { userId, id, origin }: { userId: number; id: number | null; origin: Origin },
): Promise<number> {
  return account.database.sequelize.transaction((transaction) =>
    revokeTrust(account, transaction, { userId, id, actorId: null, origin }),
  )
}
