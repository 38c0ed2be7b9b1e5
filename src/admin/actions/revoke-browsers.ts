import { revokeTrustedBrowsers } from '../../auth/trusted-browser/revoke-trusted-browsers.js'
import type { PanelUser } from '../panel-user.js'
import type { PanelServices } from '../panel-services.js'
import { lockUsers, recheckPermission } from './lock-users.js'
import { succeeded, notAllowed, type ActionResult } from './action-result.js'
import { refreshOwners } from './refresh-owners.js'

/**
 * Revokes trusted browsers and what they have verified: all of them or, if one cannot be
 * revoked, none. Those that are already gone are skipped.
 */
export async function revokeBrowsers(
  services: PanelServices,
  actor: PanelUser,
  ids: readonly number[],
): Promise<ActionResult> {
  const { TrustedBrowser } = services.database.models
  await refreshOwners(services, TrustedBrowser, ids)
  return services.database.sequelize.transaction(async (transaction) => {
    const found = await TrustedBrowser.findAll({ attributes: ['id', 'user_id'], where: { id: [...ids] }, transaction })
    const people = await lockUsers(services, transaction, actor, [...new Set(found.map(({ user_id }) => user_id))])
    if (found.length === 0) return { ok: false, code: 'not_found' }
    const reasons = found.map(({ user_id }) => recheckPermission(people, 'delete', 'trusted_browsers', user_id))
    const why = reasons.find((reason) => reason !== null)
    if (why) return notAllowed(why === 'own' ? 'own_device' : why)
    for (const { id, user_id: userId } of found)
      await revokeTrustedBrowsers(services, transaction, { userId, id, actorId: actor.id, client: actor.client })
    return succeeded
  })
}
