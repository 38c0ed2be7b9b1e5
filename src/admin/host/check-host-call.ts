import type { Request, RequestHandler } from 'express'
import type { ActionDecorator, AdminJS } from '../adminjs.js'
import { type CallKind, matchesCallKind } from '../http/check-call.js'
import { getPanelUser, type PanelUser, toCurrentAdmin } from '../panel-user.js'
import { PanelError } from '../panel-error.js'
import { canUseAction } from './host-permissions.js'
import { resourceId, isHostResource, type AdminResource } from '../host-resources.js'
import { isSafeHostFieldName } from './read-host-fields.js'
import { MAX_ROWS, namesRowsInBody } from './take-bulk-ids.js'

/** Characters; Node's limit for a request's headers. */
const MAX_VALUE = 16_384

/** Actions that only read. The others serve their form, if they have one, by GET. */
const READS: ReadonlySet<string> = new Set(['list', 'search', 'show'])

/**
 * Returns the methods that an action of the host accepts. An action without its own page runs
 * immediately, and AdminJS's own `new` loads no data.
 */
function methodsOf(resource: AdminResource, action: ActionDecorator, user: PanelUser): readonly string[] {
  if (READS.has(action.name)) return ['GET']
  const isPlainNew = action.name === 'new' && !resource.decorate().options.actions?.['new']?.handler
  return isPlainNew || action.toJSON(toCurrentAdmin(user)).component === false ? ['POST'] : ['GET', 'POST']
}

/**
 * Validates a call to one of the host's resources before AdminJS and the host's rules handle it:
 * like `checkCall`, but with the host's actions, and with IDs and names of any valid form. Calls
 * to other resources are passed on.
 *
 * @throws {PanelError}
 */
export function checkHostCall(admin: AdminJS, kind: CallKind): RequestHandler {
  return (req, _res, next) => {
    const resource = admin.resources.find((candidate) => resourceId(candidate) === req.params['resourceId'])
    if (!resource || !isHostResource(resource)) return next('route')
    const action = actionOf(resource, req, kind)
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    checkMethod(methodsOf(resource, action, user), req.method)
    if (!mayCall(user, resourceId(resource), action.name, kind)) throw new PanelError('not_allowed')
    checkParameters(resource, req, kind)
    next()
  }
}

/** Checks the permissions for a call. Calls about records can return them, so they also require the one to view. */
function mayCall(user: PanelUser, resourceId: string, action: string, kind: CallKind): boolean {
  return canUseAction(user, resourceId, action) && (kind === 'resource' || canUseAction(user, resourceId, 'list'))
}

function actionOf(resource: AdminResource, req: Request, kind: CallKind): ActionDecorator {
  const { action } = req.params
  const { actions } = resource.decorate()
  const known = typeof action === 'string' && Object.hasOwn(actions, action) ? actions[action] : undefined
  if (!known || !matchesCallKind[kind](known)) throw new PanelError('not_found')
  return known
}

function checkMethod(methods: readonly string[], method: string): void {
  const allow = methods.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])).join(', ')
  if (!methods.includes(method)) throw new PanelError('method_not_allowed', { allow })
}

function checkParameters(resource: AdminResource, req: Request, kind: CallKind): void {
  if (!Object.values(req.params).every(isText)) throw new PanelError('bad_request')
  const reads = req.params['action'] === 'list' || req.params['action'] === 'search'
  const wrong = Object.entries(req.query).find(([name, value]) => !isSound(resource, name, value, reads))
  if (wrong) throw new PanelError('bad_request', { reason: 'field', values: { name: wrong[0].slice(0, 100) } })
  if (kind === 'bulk' && !namesRowsInBody(req)) checkBulk(req.query['recordIds'])
}

/** Checks a parameter's text. PostgreSQL cannot store a NUL or a lone surrogate. */
const isText = (value: unknown) =>
  typeof value === 'string' && value.length <= MAX_VALUE && !/[\0\p{Surrogate}]/u.test(value)

/**
 * Checks a query parameter. AdminJS's own parameters have one value each. All others belong to the
 * host and can have several, even `page` in the host's own actions.
 */
function isSound(resource: AdminResource, name: string, value: unknown, reads: boolean): boolean {
  if (!isSafeHostFieldName(name)) return false
  const isOwn = name === 'recordIds' || name.startsWith('filters.') || (reads && OF_LISTS.has(name))
  if (typeof value === 'string') return isText(value) && (!isOwn || isKnown(resource, name, value))
  return Array.isArray(value) && !isOwn && value.every(isText)
}

const OF_LISTS: ReadonlySet<string> = new Set(['page', 'perPage', 'direction', 'sortBy', 'searchProperty'])

/** Checks one of AdminJS's own parameters. An invalid one would cause a database error. */
function isKnown(resource: AdminResource, name: string, value: string): boolean {
  if (name === 'page') return /^[1-9]\d{0,8}$/.test(value)
  if (name === 'perPage') return /^[1-9]\d{0,2}$/.test(value) && Number(value) <= MAX_ROWS
  if (name === 'direction') return /^(asc|desc)$/.test(value)
  const property = name.startsWith('filters.') ? name.slice('filters.'.length) : value
  const isProperty = name === 'sortBy' || name === 'searchProperty' || name.startsWith('filters.')
  return !isProperty || hasProperty(resource, property)
}

/** Checks that a path is a property or a part of one: `address.city`, `created_at~~from`. */
function hasProperty(resource: AdminResource, path: string): boolean {
  return Object.hasOwn(resource.decorate().properties, path.split(/\.|~~/)[0] ?? '')
}

function checkBulk(recordIds: unknown): void {
  const ids = typeof recordIds === 'string' ? recordIds.split(',') : []
  if (ids.length === 0 || ids.length > MAX_ROWS || ids.includes('')) throw new PanelError('bad_request')
}
