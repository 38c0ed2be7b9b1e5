import type { Request, RequestHandler } from 'express'
import { z } from 'zod'
import { PanelRefusal } from '../refusal.js'

/** AdminJS's own ceiling for the rows of a list, all of which can be ticked. */
export const MAX_ROWS = 500

/** Keys as AdminJS takes them from an address, where a comma would part one of them in two. */
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
 * The panel's page names ticked rows in the body, as an address with five hundred long keys is
 * more than servers take. What only fetches a form is sent by POST for that, and says so.
 */
export const readByPost: RequestHandler = (req, _res, next) => {
  if (req.method === 'POST' && req.get('x-panel-form') === '1') req.method = 'GET'
  next()
}

/** Whether the rows are named in the body. */
export const namesRowsInBody = ({ query }: Request): boolean => (query['recordIds'] ?? '') === ''

/** The keys of the ticked rows, behind `takeBulkIds`. */
export function bulkIdsOf({ query }: Request): string[] {
  const { recordIds } = query
  return recordIds instanceof IdList || typeof recordIds === 'string' ? recordIds.split(',') : []
}

/** Behind the reading of the body: hands the keys on where AdminJS looks for them. */
export const takeBulkIds: RequestHandler = (req, _res, next) => {
  if (!namesRowsInBody(req)) return next()
  const fields = z.record(z.string(), z.unknown()).parse(Reflect.get(req, 'fields') ?? {})
  const { recordIds, ...others } = fields
  const { data: ids } = written.safeParse(recordIds)
  if (!ids) throw new PanelRefusal('bad_request', { reason: 'parameter' })
  Object.defineProperty(req, 'query', { value: { ...req.query, recordIds: new IdList(ids) } })
  Object.assign(req, { fields: others })
  next()
}
