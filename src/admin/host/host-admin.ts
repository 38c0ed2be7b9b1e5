import { z } from 'zod'
import type { Requirement } from '../../auth/policy/requirement.js'
import { SiteError } from '../../errors.js'
import type { AdminJS, AdminJSOptions } from '../adminjs.js'

/**
 * Requirements for calls, in addition to being verified staff: by `resource.action`, by the
 * action's permission (`orders.change`), or by `resource.*` for all actions. `null`: no further
 * requirement.
 */
export type Requirements = Readonly<Record<string, Requirement | null>>

/**
 * The AdminJS application to mount in the panel: its options, the AdminJS instance created from
 * them, or either of these with further options. An instance is not changed; the panel creates
 * its own from the same options.
 */
export type HostAdmin = AdminJSOptions | AdminJS | HostPanel

/** A host's AdminJS, with its requirements and the limits for its requests. */
export interface HostPanel {
  admin: AdminJSOptions | AdminJS
  /**
   * What a session must have verified for an action, by `resource.action`, or by `resource.*` for
   * every action of the resource.
   *
   * @example { 'orders.delete': { maxAge: 300 } } // a token within five minutes
   */
  requirements?: Requirements
  /**
   * Who can use the host's resources and pages: all `staff`, or only members of `groups` that grant
   * the permission for the action, such as `orders.view`. Default: `staff`.
   */
  access?: 'staff' | 'groups'
  /** Maximum bytes of a request's body, which is read into memory. Default: 1 MB. */
  bodyLimit?: number
  /**
   * Whether forms can contain files, as @adminjs/upload needs. They are stored in the system's
   * temporary folder until the response is sent. Default: false.
   */
  files?: boolean
}

/** The `admin` option in one form. */
export interface HostSettings extends HostPanel {
  options: AdminJSOptions
}

const wishes = {
  requirements: z.record(z.string(), z.looseObject({}, 'must be a requirement').nullable()).optional(),
  access: z.enum(['staff', 'groups'], "must be 'staff' or 'groups'").optional(),
  bodyLimit: z.int('must be a number of bytes').positive('must be a number of bytes').optional(),
  files: z.boolean('must be true or false').optional(),
} satisfies Record<Exclude<keyof HostPanel, 'admin'>, z.ZodType>
const hostPanel = z.strictObject({
  admin: z.custom<object>((option) => typeof option === 'object' && option !== null, 'must be AdminJS options'),
  ...wishes,
})

/**
 * Reads the `admin` option in any of its forms.
 *
 * @throws {SiteError} `options_refused` for an unknown or invalid option, `host_root_path` for a
 *   root path other than `/admin`
 */
export function parseHostAdmin(option: HostAdmin): HostSettings {
  const mistakes = mistakesIn(option)
  if (mistakes.length > 0)
    throw new SiteError('options_refused', mistakes.join('\n'), 'See HostPanel for the shape of the `admin` option.')
  const panel: HostPanel = 'admin' in option ? option : { admin: option }
  const options = optionsOf(panel.admin)
  const { rootPath = '/admin' } = options
  if (rootPath !== '/admin')
    throw new SiteError(
      'host_root_path',
      `The AdminJS options set rootPath to "${rootPath}", but this panel is at /admin.`,
      'Remove rootPath, and redirect the old path to /admin.',
    )
  return { ...panel, options }
}

/** Finds options that are misspelt or placed among AdminJS's: what they should protect would be unprotected. */
function mistakesIn(option: HostAdmin): string[] {
  if (!('admin' in option)) {
    const misplaced = Object.keys(wishes).filter((name) => name in option)
    return misplaced.map((name) => `admin.${name} is not an AdminJS option. Pass { admin: { admin, ${name} } } instead`)
  }
  const issues = hostPanel.safeParse(option).error?.issues ?? []
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => `admin.${name} is not an option`)
      : [`admin.${issue.path.join('.')} ${issue.message}`],
  )
}

/** Returns the options of an instance too. It is recognised by its properties: it might be of another copy of AdminJS. */
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
