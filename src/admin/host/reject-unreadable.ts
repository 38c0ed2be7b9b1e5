import type { ErrorRequestHandler, Request } from 'express'
import { type AdminJS, Filter } from '../adminjs.js'
import { resourceId, type AdminResource } from '../host-resources.js'
import type { CallKind } from '../http/check-call.js'
import { logPanelError } from '../http/panel-error-handler.js'
import { PanelError } from '../panel-error.js'
import { bulkIdsOf } from './take-bulk-ids.js'

/**
 * Rejects a call with a reason if the database cannot read its key or filter, such as "abc" in a
 * column of numbers, or does not accept its data. After such an error it reads the same records
 * again without the host's code. If that fails as well, the error was not in the host's code.
 */
export function rejectUnreadable(admin: AdminJS, kind: CallKind): ErrorRequestHandler {
  return async (error: unknown, req, _res, next) => {
    const resource = admin.resources.find((candidate) => resourceId(candidate) === req.params['resourceId'])
    if (!resource) return next(error)
    const again = isUnreadable(error) ? await failureOf(resource, req, kind) : undefined
    if (!isUnreadable(again)) {
      if (!isRejectedData(error) || !isPlainSave(resource, String(req.params['action']))) return next(error)
      // Logged as well, because a hook of the host might have sent the statement.
      logPanelError(error, req)
      return next(new PanelError('bad_request', { reason: 'data_rejected' }))
    }
    next(kind === 'resource' ? new PanelError('bad_request', { reason: 'filter' }) : new PanelError('not_found'))
  }
}

async function failureOf(resource: AdminResource, req: Request, kind: CallKind): Promise<unknown> {
  try {
    await read(resource, req, kind)
    return undefined
  } catch (error) {
    return error
  }
}

async function read(resource: AdminResource, req: Request, kind: CallKind): Promise<void> {
  if (kind === 'record') await resource.findOne(String(req.params['recordId']))
  else if (kind === 'bulk') await resource.findMany(bulkIdsOf(req))
  else await resource.count(filterOf(resource, req))
}

/** Builds the filter that AdminJS uses for the parameters of a list or a search. */
function filterOf(resource: AdminResource, { query, params }: Request): Filter {
  const filters = Object.entries(query).flatMap(([name, value]) =>
    name.startsWith('filters.') ? [[name.slice('filters.'.length), value]] : [],
  )
  const property = query['searchProperty'] ?? resource.decorate().titleProperty().name()
  const searched = params['query'] === undefined ? [] : [[property, params['query']]]
  return new Filter(Object.fromEntries([...filters, ...searched]), resource)
}

/** PostgreSQL's data exceptions, and a comparison that the column's type does not have. */
const SQLSTATES = /^(?:22...|42883)$/

/** Checks for an unreadable key or filter. Sequelize writes an infinite number like a column name. */
function isUnreadable(error: unknown): boolean {
  const { code, message } = databaseError(error)
  return SQLSTATES.test(code) || (code === '42703' && /\binfinity\b/i.test(message))
}

/** Checks for data exceptions and violated constraints: a value that is too long or out of range, or a referenced row. */
const isRejectedData = (error: unknown): boolean => /^2[23]...$/.test(databaseError(error).code)

function databaseError(error: unknown): { code: string; message: string } {
  const none = { code: '', message: '' }
  if (!(error instanceof Error)) return none
  const inner: unknown = 'original' in error ? error.original : error
  if (!(inner instanceof Error && 'code' in inner && typeof inner.code === 'string')) return none
  return { code: inner.code, message: inner.message }
}

const SAVES: ReadonlySet<string> = new Set(['new', 'edit', 'delete', 'bulkDelete'])

/** Checks for AdminJS's own saving and deleting, which sends only what the user entered. */
function isPlainSave(resource: AdminResource, action: string): boolean {
  const { actions = {} } = resource.decorate().options
  const override = Object.entries(actions).find(([name]) => name === action)?.[1]
  return SAVES.has(action) && !override?.handler
}
