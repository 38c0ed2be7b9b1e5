import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RequestHandler } from 'express'
import { recordAuditEvent } from '../../audit/record-event.js'
import type { AdminJS } from '../adminjs.js'
import { getPanelUser, type PanelUser } from '../panel-user.js'
import { PanelError } from '../panel-error.js'
import { AllowListedResource, type ListQuery } from '../resources/allow-listed-resource.js'
import type { FilterInput } from '../resources/build-where.js'
import type { PanelServices } from '../panel-services.js'
import { byteOrderMark, csvLine } from './csv.js'

/** Rows in one file. */
export const MAX_EXPORT_ROWS = 10_000
/** Rows in memory at a time, in addition to the IDs of all rows. */
const BATCH = 500

/**
 * Sends a list as a CSV file: the rows and the order that the query specifies, with the list's
 * columns and masks. The audit event is written before the first byte is sent. The rows are
 * chosen at the start; one that is deleted during the export is left out.
 */
export function exportList(services: PanelServices, admin: AdminJS): RequestHandler {
  return async (req, res, next) => {
    if (req.params['action'] !== 'export' || req.params['query'] !== undefined) return next()
    const user = getPanelUser({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const resource = admin.resources.find((candidate) => candidate.id() === req.params['resourceId'])
    if (!(resource instanceof AllowListedResource)) throw new PanelError('not_found')
    const list = { filters: parseFilters(req.query), sort: parseSort(req.query), limit: MAX_EXPORT_ROWS + 1 }
    const found = await resource.idsOf(user, list)
    const ids = found.slice(0, MAX_EXPORT_ROWS)
    const isCut = found.length > ids.length
    await recordAuditEvent(services.database, undefined, {
      event: 'exported',
      at: services.clock.now(),
      userId: null,
      actorId: user.id,
      client: user.client,
      details: { resource: resource.id(), rows: ids.length, ...(isCut && { cut: true }) },
    })
    const day = services.clock.now().toISOString().slice(0, 10)
    const name = `${resource.id()}-${day}${isCut ? `-first-${MAX_EXPORT_ROWS}` : ''}.csv`
    res.set({
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      'Content-Disposition': `attachment; filename="${name}"`,
    })
    await pipeline(Readable.from(linesOf(resource, user, ids)), res).catch(unlessGone)
  }
}

/** Yields the file in batches, so that it is never in memory as a whole. */
async function* linesOf(
  resource: AllowListedResource,
  user: PanelUser,
  ids: readonly (string | number)[],
): AsyncGenerator<string> {
  const columns = resource.shownNames
  yield byteOrderMark + csvLine(columns)
  for (let at = 0; at < ids.length; at += BATCH) {
    const rows = await resource.rowsOf(user, ids.slice(at, at + BATCH))
    yield rows.map((row) => csvLine(columns.map((column) => row[column]))).join('')
  }
}

/** Ignores that the client closed the connection. */
function unlessGone(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error
}

type Query = Readonly<Record<string, unknown>>

/**
 * Reads the filters of a list's query string, as AdminJS writes them: `filters.name=x`, and
 * `filters.created_at~~from=…` with `~~to` for a range.
 */
function parseFilters(query: Query): FilterInput[] {
  const filters = new Map<string, unknown>()
  for (const [name, value] of Object.entries(query)) {
    const [, path, end] = /^filters\.([^~]+)(?:~~(.+))?$/.exec(name) ?? []
    if (path === undefined) continue
    const before = filters.get(path)
    filters.set(path, end === undefined ? value : { ...(typeof before === 'object' ? before : {}), [end]: value })
  }
  return [...filters].map(([path, value]) => ({ path, value }))
}

/** Reads `sortBy` and `direction` of a list's query string. */
function parseSort({ sortBy, direction }: Query): ListQuery['sort'] {
  return {
    ...(typeof sortBy === 'string' && { sortBy }),
    ...(direction === 'desc' && { direction: 'desc' as const }),
  }
}
