import type { Request, RequestHandler } from 'express'
import { z } from 'zod'
import { PanelError } from '../panel-error.js'

/** AdminJS's own maximum of rows in a list, all of which can be selected. */
export const MAX_ROWS = 500

/** Keys as AdminJS reads them from a query. AdminJS splits the text at commas, which a key can contain. */
class IdList extends String {
  readonly #ids: string[]
  constructor(ids: string[]) {
    super(ids.join(','))
    this.#ids = ids
  }
  override split(): string[] {
    return [...this.#ids]
  }
}

const key = z
  .string()
  .min(1)
  .regex(/^[^\0\p{Surrogate}]*$/u)
const list = z.array(key).min(1).max(MAX_ROWS)
const written = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue('no JSON')
      return z.NEVER
    }
  })
  .pipe(list)

/**
 * Handles a POST that only loads a form as a GET. The panel sends the selected rows in the body,
 * because a URL with 500 long keys is longer than servers accept.
 */
export const readByPost: RequestHandler = (req, _res, next) => {
  if (req.method === 'POST' && req.get('x-panel-form') === '1') req.method = 'GET'
  next()
}

/** Checks whether the rows are in the body instead of the query. */
export const namesRowsInBody = ({ query }: Request): boolean => (query['recordIds'] ?? '') === ''

/** Returns the keys of the selected rows. Runs after `takeBulkIds`. */
export function bulkIdsOf({ query }: Request): string[] {
  const { recordIds } = query
  return recordIds instanceof IdList || typeof recordIds === 'string' ? recordIds.split(',') : []
}

/** Moves the keys from the parsed body to the query, where AdminJS reads them. */
export const takeBulkIds: RequestHandler = (req, _res, next) => {
  if (!namesRowsInBody(req)) return next()
  const fields = z.record(z.string(), z.unknown()).parse(Reflect.get(req, 'fields') ?? {})
  const { recordIds, ...others } = fields
  const { data: ids } = written.safeParse(recordIds)
  if (!ids) throw new PanelError('bad_request', { reason: 'parameter' })
  Object.defineProperty(req, 'query', { value: { ...req.query, recordIds: new IdList(ids) } })
  Object.assign(req, { fields: others })
  next()
}
