// Bundles the panel with a host's resources as one script. The host's components are in a second
// script by AdminJS's bundler, which reads its libraries from globals.
import './adminjs/prepare-page.js'
import './adminjs/adapt-errors.js'
import './adminjs/post-writes.js'
import './adminjs/adapt-paths.js'
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
import { panelComponents } from './panel-components.js'
import './adminjs/patch-accessibility.js'

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

// Runs after all deferred scripts. The host's script starts with an empty list of components. If
// both override the same component of AdminJS, the host's is shown.
document.addEventListener('DOMContentLoaded', () => {
  AdminJS.UserComponents = { ...panelComponents, ...AdminJS.UserComponents }
  const app = document.getElementById('app')
  if (app) createRoot(app).render(<>{AdminJS.Application}</>)
})
