import { ActionHeader } from './ActionHeader.js'
import { BrowserName } from './BrowserName.js'
import { BrowsersOfUser } from './user/BrowsersOfUser.js'
import { Dashboard } from './Dashboard.js'
import { DevicesOfUser } from './user/DevicesOfUser.js'
import { EventDetails } from './event/EventDetails.js'
import { EventName } from './event/EventName.js'
import { EventsOfUser } from './user/EventsOfUser.js'
import { GroupPermissions } from './group/GroupPermissions.js'
import { AccountRecovery } from './user/AccountRecovery.js'
import { GroupKinds, KindCheckboxes } from './group/KindCheckboxes.js'
import { GroupsOfUser, MembersOfGroup } from './group/Memberships.js'
import { ObstaclesOfUser } from './user/Obstacles.js'
import { ValueOrSiteDefault } from './ValueOrSiteDefault.js'
import { PermissionCheckboxes } from './group/PermissionCheckboxes.js'
import { NewPerson } from './user/NewPerson.js'
import { PersonName } from './user/PersonName.js'
import { PropertyHeader } from './PropertyHeader.js'
import { SecondFactor } from './user/SecondFactor.js'
import { TopBar } from './TopBar.js'
import { UndeliveredInvitation } from './user/UndeliveredInvitation.js'
import { WaitsOfUser } from './user/WaitsOfUser.js'

/** The panel's components by the names under which AdminJS finds them. */
export const panelComponents = {
  ActionHeader,
  BrowserName,
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
  NewPerson,
  ObstaclesOfUser,
  OrAsSite: ValueOrSiteDefault,
  PermissionBoxes: PermissionCheckboxes,
  PersonName,
  PropertyHeader,
  SecondFactor,
  TopBar,
  UndeliveredInvitation,
  WaitsOfUser,
}
