import { ActionHeader } from './ActionHeader.js'
import { BrowsersOfUser } from './BrowsersOfUser.js'
import { Dashboard } from './Dashboard.js'
import { DevicesOfUser } from './DevicesOfUser.js'
import { EventDetails } from './EventDetails.js'
import { EventName } from './EventName.js'
import { EventsOfUser } from './EventsOfUser.js'
import { GroupPermissions } from './GroupPermissions.js'
import { AccountRecovery } from './AccountRecovery.js'
import { GroupKinds, KindCheckboxes } from './KindCheckboxes.js'
import { GroupsOfUser, MembersOfGroup } from './Memberships.js'
import { ObstaclesOfUser } from './Obstacles.js'
import { ValueOrSiteDefault } from './ValueOrSiteDefault.js'
import { PermissionCheckboxes } from './PermissionCheckboxes.js'
import { PropertyHeader } from './PropertyHeader.js'
import { TopBar } from './TopBar.js'
import { UndeliveredInvitation } from './UndeliveredInvitation.js'
import { WaitsOfUser } from './WaitsOfUser.js'

/** The panel's components by the names under which AdminJS finds them. */
export const panelComponents = {
  ActionHeader,
  BrowsersOfUser,
  Dashboard,
  DevicesOfUser,
  EventDetails,
  EventName,
  EventsOfUser,
  GroupKinds,
  GroupPermissions,
  GroupsOfUser,
  HelpPerson: AccountRecovery,
  KindBoxes: KindCheckboxes,
  MembersOfGroup,
  ObstaclesOfUser,
  OrAsSite: ValueOrSiteDefault,
  PermissionBoxes: PermissionCheckboxes,
  PropertyHeader,
  TopBar,
  UndeliveredInvitation,
  WaitsOfUser,
}
