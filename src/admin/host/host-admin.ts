import { z } from 'zod'
import type { Requirement } from '../../auth/requirement.js'
import { SiteError } from '../../errors.js'
import type { AdminJS, AdminJSOptions } from '../adminjs.js'

/**
 * What calls ask beyond verified staff, by `resource.action`, by the permission behind it
 * (`orders.change`), or by `resource.*` for every action of it. `null`: nothing more.
 */
export type Requirements = Readonly<Record<string, Requirement | null>>

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

const wishes = {
  requirements: z.record(z.string(), z.looseObject({}, 'must be a requirement').nullable()).optional(),
  bodyLimit: z.int('must be a number of bytes').positive('must be a number of bytes').optional(),
  files: z.boolean('must be true or false').optional(),
} satisfies Record<Exclude<keyof HostPanel, 'admin'>, z.ZodType>
const hostPanel = z.strictObject({
  admin: z.custom<object>((given) => typeof given === 'object' && given !== null, 'must be AdminJS options'),
  ...wishes,
})

/**
 * Reads the `admin` option in any of its shapes.
 *
 * @throws {SiteError} `options_refused` for a wish that would not be heard, `host_root_path`
 *   where its panel is to be somewhere else than ours
 */
export function readHostAdmin(given: HostAdmin): HostSettings {
  const mistakes = mistakesIn(given)
  if (mistakes.length > 0)
    throw new SiteError('options_refused', mistakes.join('\n'), 'See HostPanel for the shape of the `admin` option.')
  const panel: HostPanel = 'admin' in given ? given : { admin: given }
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

/** Wishes that are misspelt or beside the options of AdminJS: what they were to close would stay open. */
function mistakesIn(given: HostAdmin): string[] {
  if (!('admin' in given)) {
    const misplaced = Object.keys(wishes).filter((name) => name in given)
    return misplaced.map((name) => `admin.${name} is not an AdminJS option. Pass { admin: { admin, ${name} } } instead`)
  }
  const issues = hostPanel.safeParse(given).error?.issues ?? []
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => `admin.${name} is not an option`)
      : [`admin.${issue.path.join('.')} ${issue.message}`],
  )
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
