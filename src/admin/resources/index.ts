import { auditEvents } from './audit-events.js'
import { devices } from './devices.js'
import { groups, userGroups } from './groups.js'
import type { PanelResource } from './panel-resource.js'
import { staticTokens } from './static-tokens.js'
import { trustedBrowsers } from './trusted-browsers.js'
import { users } from './users.js'

/** Every resource, in the order of the menu. */
export const panelResources: readonly PanelResource[] = [
  users,
  groups,
  userGroups,
  ...devices,
  staticTokens,
  trustedBrowsers,
  auditEvents,
]
