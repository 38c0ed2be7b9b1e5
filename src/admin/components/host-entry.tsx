// The panel where a host's resources stand beside ours, as one script. The host's components
// come in a second one, made by AdminJS's bundler, which finds its libraries as globals.
import './prepare-page.js'
import './adapt-refusals.js'
import './adapt-methods.js'
import './adapt-addresses.js'
import * as AdminJSDesignSystem from '@adminjs/design-system'
import * as styled from '@adminjs/design-system/styled-components'
import PropTypes from 'prop-types'
import React from 'react'
import ReactDOM from 'react-dom'
import { createRoot } from 'react-dom/client'
import * as FeatherIcons from 'react-feather'
import * as ReactRedux from 'react-redux'
import * as ReactRouter from 'react-router'
import * as ReactRouterDOM from 'react-router-dom'
import * as Redux from 'redux'
import AdminJS from 'adminjs/frontend'
import { ownComponents } from './own-components.js'
import './repair-accessibility.js'

Object.assign(window, {
  AdminJS,
  AdminJSDesignSystem,
  FeatherIcons,
  PropTypes,
  React,
  ReactDOM,
  ReactRedux,
  ReactRouter,
  ReactRouterDOM,
  Redux,
  styled,
})

// Deferred scripts have run by then. The host's script starts with an empty list of components;
// where both have one of AdminJS's own names, the host's is shown.
document.addEventListener('DOMContentLoaded', () => {
  AdminJS.UserComponents = { ...ownComponents, ...AdminJS.UserComponents }
  const app = document.getElementById('app')
  if (app) createRoot(app).render(<>{AdminJS.Application}</>)
})
