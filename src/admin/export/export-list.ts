import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RequestHandler } from 'express'
import { recordEvent } from '../../audit.js'
import type { AdminJS } from '../adminjs.js'
import { panelUserOf } from '../panel-user.js'
import { PanelRefusal } from '../refusal.js'
import { ListedResource } from '../resources/listed-resource.js'
import type { PanelServices } from '../services.js'
import { byteOrderMark, csvLine } from './csv.js'
import { readFilters, readSort } from './read-list.js'

/** Rows of one file. */
export const MAX_EXPORTED = 10_000
/** Rows that are in memory at a time, beside the ids of all. */
const BATCH = 500

/**
 * Answers a list as a CSV file: the rows that its address asks for, in its order, with the
 * columns and masks of the list. The trail knows of it before the first byte leaves. Which
 * rows go out is settled at once; one that is deleted meanwhile is left out.
 */
export function exportList(services: PanelServices, admin: AdminJS): RequestHandler {
  return async (req, res, next) => {
    if (req.params['action'] !== 'export' || req.params['query'] !== undefined) return next()
    const user = panelUserOf({ currentAdmin: Reflect.get(req.session, 'adminUser') })
    const resource = admin.resources.find((candidate) => candidate.id() === req.params['resourceId'])
    if (!(resource instanceof ListedResource)) throw new PanelRefusal('not_found')
    const list = { filters: readFilters(req.query), sort: readSort(req.query), limit: MAX_EXPORTED + 1 }
    const found = await resource.idsOf(user, list)
    const ids = found.slice(0, MAX_EXPORTED)
    const isCut = found.length > ids.length
    await recordEvent(services.database, undefined, {
      event: 'exported',
      at: services.clock.now(),
      userId: null,
      actorId: user.id,
      origin: user.origin,
      details: { resource: resource.id(), rows: ids.length, ...(isCut && { cut: true }) },
    })
    const day = services.clock.now().toISOString().slice(0, 10)
    const name = `${resource.id()}-${day}${isCut ? `-first-${MAX_EXPORTED}` : ''}.csv`
    res.set({
      'Content-Type': 'text/csv; charset=utf-8; header=present',
      'Content-Disposition': `attachment; filename="${name}"`,
    })
    await pipeline(Readable.from(linesOf(resource, ids)), res).catch(unlessGone)
  }
}

/** A slow reader is waited for; the whole file is never in memory. */
async function* linesOf(resource: ListedResource, ids: readonly (string | number)[]): AsyncGenerator<string> {
  const columns = resource.shownNames
  yield byteOrderMark + csvLine(columns)
  for (let at = 0; at < ids.length; at += BATCH) {
    const rows = await resource.rowsOf(ids.slice(at, at + BATCH))
    yield rows.map((row) => csvLine(columns.map((column) => row[column]))).join('')
  }
}

/** Whoever asked has gone away: nothing to be said to anybody. */
function unlessGone(fault: unknown): void {
  if (!(fault instanceof Error && 'code' in fault && fault.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw fault
}
