import { revokeTrustedBrowsers } from '../../auth/trusted-browser/revoke-trusted-browsers.js'
import type { ClientInfo } from '../../client-info.js'
import type { AccountServices } from '../account-services.js'

/**
 * Revokes one of the user's own trusted browsers, or all of them (`id` null).
 *
 * @returns the number of revoked browsers
 */
export function revokeOwnBrowsers(
  account: AccountServices,
  { userId, id, client }: { userId: number; id: number | null; client: ClientInfo },
): Promise<number> {
  return account.database.sequelize.transaction((transaction) =>
    revokeTrustedBrowsers(account, transaction, { userId, id, actorId: null, client }),
  )
}
