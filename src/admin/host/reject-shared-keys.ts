import type { RequestHandler } from 'express'
import type { AdminJS } from '../adminjs.js'
import type { CallKind } from '../http/check-call.js'
import { PanelError } from '../panel-error.js'
import { resourceId } from '../host-resources.js'
import { bulkIdsOf } from './take-bulk-ids.js'

/**
 * Rejects a call about records when the key in it belongs to several of them. AdminJS names a
 * record by the first column of its primary key: with a key of several columns it would change
 * every row with that value, or delete any one of them. Only such resources cost a statement.
 */
export function rejectSharedKeys(admin: AdminJS, kind: CallKind): RequestHandler {
  return async (req, _res, next) => {
    const resource = admin.resources.find((candidate) => resourceId(candidate) === req.params['resourceId'])
    if (!resource || kind === 'resource' || req.params['action'] === 'show') return next()
    const columns = resource.properties().filter((property) => property.isId()).length
    if (columns === 0) throw new PanelError('not_found')
    if (columns === 1) return next()
    const found = await resource.findMany(kind === 'bulk' ? bulkIdsOf(req) : [String(req.params['recordId'])])
    const keys = new Set(found.map((record) => record.id()))
    if (keys.size < found.length) throw new PanelError('bad_request', { reason: 'shared_key' })
    next()
  }
}
