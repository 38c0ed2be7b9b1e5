import type { Request, RequestHandler } from 'express'
import type { ActionDecorator, AdminJS } from '../adminjs.js'
import { isHostResource } from '../host-resources.js'
import { getPanelUser } from '../panel-user.js'
import { can, actionPermissions, isWriteAction } from '../permissions.js'
import { PanelError } from '../panel-error.js'
import { isId } from '../resources/filter-conditions.js'
import { isSafeFieldName } from './read-fields.js'

/** The three forms of AdminJS's API paths. An action responds only to its own form. */
export type CallKind = 'resource' | 'record' | 'bulk'

export const matchesCallKind = {
  resource: (action: ActionDecorator) => action.isResourceType(),
  record: (action: ActionDecorator) => action.isRecordType(),
  bulk: (action: ActionDecorator) => action.isBulkType(),
}

const MAX_VALUE = 2_000
const MAX_BULK = 100

/**
 * Validates a call before AdminJS handles it: a known resource and action, the method, the
 * permission and the parameters. It makes no query.
 *
 * @throws {PanelError}
 */
export function checkCall(admin: AdminJS, kind: CallKind): RequestHandler {
  return (req, _res, next) => {
    const { resourceId, action } = actionOf(admin, req, kind)
    const [method, allow] = isWriteAction(action) ? ['POST', 'POST'] : ['GET', 'GET, HEAD']
    if (req.method !== method) throw new PanelError('method_not_allowed', { allow })
    const permission = actionPermissions[action]
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    if (!permission || !can(user, permission, resourceId)) throw new PanelError('not_allowed')
    checkParameters(req, kind)
    next()
  }
}

function actionOf(admin: AdminJS, req: Request, kind: CallKind): { resourceId: string; action: string } {
  const { resourceId, action } = req.params
  const resource = admin.resources.find((candidate) => !isHostResource(candidate) && candidate.id() === resourceId)
  const actions = resource?.decorate().actions ?? {}
  if (typeof resourceId !== 'string' || typeof action !== 'string') throw new PanelError('not_found')
  const known = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (!known || !matchesCallKind[kind](known)) throw new PanelError('not_found')
  return { resourceId, action }
}

function checkParameters(req: Request, kind: CallKind): void {
  const values = Object.entries(req.query)
  if (!values.every(([name, value]) => isSafeFieldName(name) && isText(value))) throw new PanelError('bad_request')
  if (!Object.values(req.params).every(isText)) throw new PanelError('bad_request')
  const broken = values.find(([name, value]) => typeof value === 'string' && !(FORMS.get(name)?.test(value) ?? true))
  if (broken) throw new PanelError('bad_request', { reason: 'parameter' })
  if (kind === 'record' && !/^\d{1,20}$/.test(String(req.params['recordId']))) throw new PanelError('bad_request')
  if (kind === 'bulk') checkBulk(req.query['recordIds'])
}

const isText = (value: unknown) => typeof value === 'string' && value.length <= MAX_VALUE && !value.includes('\0')

/** AdminJS's own parameters. An invalid one would cause a database error. */
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['page', /^[1-9]\d{0,8}$/],
  ['perPage', /^[1-9]\d{0,5}$/],
  ['direction', /^(asc|desc)$/],
  ['sortBy', /^\w+$/],
  ['searchProperty', /^\w+$/],
])

function checkBulk(recordIds: unknown): void {
  const ids = typeof recordIds === 'string' ? recordIds.split(',') : []
  if (ids.length === 0 || ids.length > MAX_BULK || !ids.every(isId)) throw new PanelError('bad_request')
}
