import { auditEvents } from './audit-events.js'
import type { Kind } from '../../otp/kind-registry/kind.js'
import { deviceResource, partResource, shownKinds } from './devices.js'
import { groups, userGroups } from './groups.js'
import type { PanelResource } from './panel-resource.js'
import { trustedBrowsers } from './trusted-browsers.js'
import { users } from './users.js'

/** Lists the site's resources in the order of the menu. */
export function panelResources(kinds: readonly Kind[]): readonly PanelResource[] {
  const devices = shownKinds(kinds)
  return [
    users(kinds),
    groups,
    userGroups,
    ...devices.map(deviceResource),
    ...devices.flatMap(({ panel }) => panel.parts ?? []).map(partResource),
    trustedBrowsers,
    auditEvents,
  ]
}
