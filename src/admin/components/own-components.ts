import { ActionHeader } from './ActionHeader.js'
import { BrowsersOfUser } from './BrowsersOfUser.js'
import { Dashboard } from './Dashboard.js'
import { DevicesOfUser } from './DevicesOfUser.js'
import { EventDetails } from './EventDetails.js'
import { EventName } from './EventName.js'
import { EventsOfUser } from './EventsOfUser.js'
import { GroupPermissions } from './GroupPermissions.js'
import { HelpPerson } from './HelpPerson.js'
import { GroupKinds, KindBoxes } from './KindBoxes.js'
import { GroupsOfUser, MembersOfGroup } from './Memberships.js'
import { ObstaclesOfUser } from './Obstacles.js'
import { OrAsSite } from './OrAsSite.js'
import { PermissionBoxes } from './PermissionBoxes.js'
import { PropertyHeader } from './PropertyHeader.js'
import { TopBar } from './TopBar.js'
import { UndeliveredInvitation } from './UndeliveredInvitation.js'
import { WaitsOfUser } from './WaitsOfUser.js'

/** The panel's components by the names under which AdminJS finds them. */
export const ownComponents = {
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
  HelpPerson,
  KindBoxes,
  MembersOfGroup,
  ObstaclesOfUser,
  OrAsSite,
  PermissionBoxes,
  PropertyHeader,
  TopBar,
  UndeliveredInvitation,
  WaitsOfUser,
}
