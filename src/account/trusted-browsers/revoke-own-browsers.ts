import { revokeTrustedBrowsers } from '../../auth/trusted-browser/revoke-trusted-browsers.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'

/**
 * Ends one trusted browser of a user's own, or all of them (`id` null).
 *
 * @returns how many there were
 */
export function revokeOwnBrowsers(
  account: AccountServices,
  { userId, id, origin }: { userId: number; id: number | null; origin: ClientInfo },
): Promise<number> {
  return account.database.sequelize.transaction((transaction) =>
    revokeTrustedBrowsers(account, transaction, { userId, id, actorId: null, origin }),
  )
}
