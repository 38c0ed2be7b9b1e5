// Bundles the whole panel as one script. The first imports run in this order.
import './adminjs/prepare-page.js'
import './adminjs/adapt-errors.js'
import './adminjs/post-writes.js'
import React from 'react'
import { createRoot } from 'react-dom/client'
import AdminJS from 'adminjs/frontend'
import { panelComponents } from './panel-components.js'
import './adminjs/patch-accessibility.js'

AdminJS.UserComponents = panelComponents
window.AdminJS = AdminJS

const app = document.getElementById('app')
if (app) createRoot(app).render(<>{AdminJS.Application}</>)
