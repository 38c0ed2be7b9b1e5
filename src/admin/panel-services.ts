import type { Logger } from 'pino'
import type { Auth } from '../auth/auth.js'
import type { HostAdmin, Requirements } from './host/host-admin.js'

/** The services that the panel's functions receive as their first argument. */
export interface PanelServices extends Auth {
  /** The AdminJS options of the host application. */
  admin?: HostAdmin
  /** Requirements for calls to the site's own resources, instead of their defaults. */
  requirements?: Requirements
  /** For warnings about mistakes in the host application. docs/guides/adminjs.md explains each code. */
  log: Logger
}
