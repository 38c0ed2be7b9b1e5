import type { Request, RequestHandler, Response } from 'express'
import { findMissing } from '../auth/policy/requirement.js'
import { requires } from '../auth/guards/requires.js'
import { FRESH_SECONDS } from '../auth/step-up/require-fresh-token.js'
import { SiteError } from '../errors.js'
import type { AdminJS } from './adminjs.js'
import { resourceId, isHostResource } from './host-resources.js'
import type { Requirements } from './host/host-admin.js'
import { permissionName } from './host/host-permissions.js'
import type { PanelServices } from './panel-services.js'
import { isWriteAction } from './permissions.js'

export interface RequirementChecks {
  /** Middleware for every call. */
  calls: RequestHandler[]
  /** Whether the session meets the requirements for reading a resource, also as a reference of another one. */
  isOpenTo(req: Request, resourceId: string): boolean
  /** Middleware for the landing page, which shows rows of several resources: stores for `isListAllowed` which are open. */
  dashboard: RequestHandler
}

/**
 * Creates the checks of the panel's requirements. By default, actions that change users, devices
 * or access require a token from the last five minutes, as the account pages do. A host's
 * resources have no requirement by default.
 *
 * @throws {SiteError} `requirement_invalid`, also for a name that is not in the panel
 */
export function createRequirementChecks(
  services: PanelServices,
  admin: AdminJS,
  requirements: Requirements,
): RequirementChecks {
  refuseUnknown(admin, requirements)
  warnOfOpenReads(services, requirements)
  const fresh = requires(services, { maxAge: FRESH_SECONDS })
  const guards = new Map(
    Object.entries(requirements).map(([name, each]) => [name, each === null ? null : requires(services, each)]),
  )
  const siteResources = new Set(admin.resources.filter((resource) => !isHostResource(resource)).map(resourceId))
  const guardOf = (resource: string, action: string) => {
    const name = nameOf(requirements, resource, action)
    const usual = siteResources.has(resource) && isWriteAction(action) ? fresh : null
    return name === undefined ? usual : guards.get(name)
  }
  const hold = (actionOf: (req: Request) => string): RequestHandler => {
    return (req, res, next) => {
      const guard = guardOf(String(req.params['resourceId']), actionOf(req))
      return guard ? guard(req, res, next) : next()
    }
  }
  const meets = (req: Request, resource: string, action: string) => {
    const requirement = requirements[nameOf(requirements, resource, action) ?? '']
    return !requirement || findMissing(req.auth, requirement, services.clock.now()) === null
  }
  const isOpenTo = (req: Request, resource: string) => READS.every((action) => meets(req, resource, action))
  return {
    calls: [hold(() => 'show'), hold(listedIn), hold((req) => String(req.params['action']))],
    isOpenTo,
    dashboard(req, res, next) {
      res.locals[OPEN] = [...siteResources].filter((table) => isOpenTo(req, table))
      next()
    },
  }
}

const OPEN = 'openTables'

/** Checks whether this session meets the requirements for reading a resource. */
export function isListAllowed(response: Partial<Pick<Response, 'locals'>>, table: string): boolean {
  const open: unknown = response.locals?.[OPEN]
  return Array.isArray(open) && open.includes(table)
}

/**
 * The actions whose requirements protect records. That of `show` applies to every call, because
 * each of them can respond with records, even one that changes something or fails.
 */
const READS = ['show', 'list']

/** Returns the action that an action's data comes from: an export contains the list. */
const listedIn = ({ params }: Request) => (params['action'] === 'export' ? 'list' : String(params['action']))

function nameOf(requirements: Requirements, resource: string, action: string): string | undefined {
  return namesFor(resource, action).find((each) => Object.hasOwn(requirements, each))
}

/** Returns the names under which an action's requirement can be set, in order of precedence. */
function namesFor(resource: string, action: string): string[] {
  return [`${resource}.${action}`, permissionName(resource, action), `${resource}.*`]
}

/** Throws for a misspelt name, which would leave its action unprotected. */
function refuseUnknown({ resources }: AdminJS, requirements: Requirements): void {
  const known = new Set(
    resources.flatMap((resource) =>
      Object.keys(resource.decorate().actions).flatMap((action) => namesFor(resourceId(resource), action)),
    ),
  )
  const unknown = Object.keys(requirements).find((name) => !known.has(name))
  if (unknown === undefined) return
  throw new SiteError(
    'requirement_invalid',
    `There is a requirement for "${unknown}", but the panel has no such action.`,
    'Write it as a resource ID, a dot, and an action name or "*".',
  )
}

/** Warns about a requirement for a list only: other calls still return its records one by one. */
function warnOfOpenReads({ log }: PanelServices, requirements: Requirements): void {
  for (const [name, requirement] of Object.entries(requirements)) {
    const [, resource] = /^(.+)\.list$/.exec(name) ?? []
    if (resource === undefined || requirement === null) continue
    if (nameOf(requirements, resource, 'show') !== undefined) continue
    log.warn(
      { code: 'requirement_partial' },
      `There is a requirement for "${name}" but none for "${resource}.show", and searches and single records return the same data. Require "${resource}.view" or "${resource}.*" to protect all of them.`,
    )
  }
}
