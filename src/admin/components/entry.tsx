// Bundles the whole panel as one script. The first imports run in this order.
import './prepare-page.js'
import './adapt-refusals.js'
import './adapt-methods.js'
import React from 'react'
import { createRoot } from 'react-dom/client'
import AdminJS from 'adminjs/frontend'
import { ownComponents } from './own-components.js'
import './repair-accessibility.js'

AdminJS.UserComponents = ownComponents
window.AdminJS = AdminJS

const app = document.getElementById('app')
if (app) createRoot(app).render(<>{AdminJS.Application}</>)
