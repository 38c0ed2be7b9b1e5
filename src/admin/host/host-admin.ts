import { SiteError } from '../../errors.js'
import type { AdminJS, AdminJSOptions } from '../adminjs.js'
import type { Requirements } from '../requirements.js'

/**
 * An AdminJS application that moves into our panel: the options it is made of, or the
 * AdminJS that was made of them (it is left alone, ours is made of the same options), or
 * either of them with what is asked beyond its own rules.
 */
export type HostAdmin = AdminJSOptions | AdminJS | HostPanel

/** A host's AdminJS, with what we ask of its visitors and take from them. */
export interface HostPanel {
  admin: AdminJSOptions | AdminJS
  /**
   * What a session must have shown for an action of a resource, by `resource.action`, or
   * `resource.*` for every action of it.
   *
   * @example { 'orders.delete': { maxAge: 300 } } // a token within five minutes
   */
  requirements?: Requirements
  /** Bytes that the body of a request may have; 1 MB where nothing is said. It is held in memory while it is read. */
  bodyLimit?: number
  /**
   * Whether its forms may carry files, as @adminjs/upload needs; false where nothing is
   * said. They lie in the system's folder for passing files until the request is answered.
   */
  files?: boolean
}

/** The same in one shape. */
export interface HostSettings extends HostPanel {
  options: AdminJSOptions
}

/**
 * Reads the `admin` option in any of its shapes.
 *
 * @throws {SiteError} `host_root_path` where its panel is to be somewhere else than ours
 */
export function readHostAdmin(given: HostAdmin): HostSettings {
  const panel: HostPanel = 'admin' in given ? given : { admin: given }
  const options = optionsOf(panel.admin)
  const { rootPath = '/admin' } = options
  if (rootPath !== '/admin')
    throw new SiteError(
      'host_root_path',
      `The AdminJS options have the rootPath "${rootPath}", and this panel is at /admin.`,
      'Leave rootPath out, and lead from the old address to /admin.',
    )
  return { ...panel, options }
}

/** Known by what it has: an instance may be of another copy of AdminJS. */
function optionsOf(admin: AdminJSOptions | AdminJS): AdminJSOptions {
  if (!('options' in admin)) return admin
  const { pages, dashboard, ...options } = admin.options
  return {
    ...options,
    ...(pages && { pages }),
    ...(dashboard && { dashboard }),
    componentLoader: admin.componentLoader,
  }
}
