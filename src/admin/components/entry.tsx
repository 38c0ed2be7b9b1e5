// The whole panel as one script. The order of the first imports is their order of running.
import './prepare-page.js'
import './adapt-refusals.js'
import './adapt-methods.js'
import React from 'react'
import { createRoot } from 'react-dom/client'
import AdminJS from 'adminjs/frontend'
import { ActionHeader } from './ActionHeader.js'
import { Dashboard } from './Dashboard.js'
import { DevicesOfUser } from './DevicesOfUser.js'
import { EventDetails } from './EventDetails.js'
import { EventName } from './EventName.js'
import { EventsOfUser } from './EventsOfUser.js'
import { HelpPerson } from './HelpPerson.js'
import { PropertyHeader } from './PropertyHeader.js'
import { TopBar } from './TopBar.js'
import './repair-accessibility.js'

// AdminJS looks its components up by these names.
AdminJS.UserComponents = {
  ActionHeader,
  Dashboard,
  DevicesOfUser,
  EventDetails,
  EventName,
  EventsOfUser,
  HelpPerson,
  PropertyHeader,
  TopBar,
}
window.AdminJS = AdminJS

const app = document.getElementById('app')
if (app) createRoot(app).render(<>{AdminJS.Application}</>)
