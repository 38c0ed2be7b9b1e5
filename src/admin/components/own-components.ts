import { ActionHeader } from './ActionHeader.js'
import { BrowsersOfUser } from './BrowsersOfUser.js'
import { Dashboard } from './Dashboard.js'
import { DevicesOfUser } from './DevicesOfUser.js'
import { EventDetails } from './EventDetails.js'
import { EventName } from './EventName.js'
import { EventsOfUser } from './EventsOfUser.js'
import { HelpPerson } from './HelpPerson.js'
import { PropertyHeader } from './PropertyHeader.js'
import { TopBar } from './TopBar.js'

/** AdminJS looks its components up by these names. */
export const ownComponents = {
  ActionHeader,
  BrowsersOfUser,
  Dashboard,
  DevicesOfUser,
  EventDetails,
  EventName,
  EventsOfUser,
  HelpPerson,
  PropertyHeader,
  TopBar,
}
