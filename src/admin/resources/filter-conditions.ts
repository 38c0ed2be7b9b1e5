import { Op, type WhereOperators } from 'sequelize'
import { readEmail } from '../../typed-text/read-email.js'

/** How the values of a filter are compared. */
export type FilterKind = 'text' | 'exact' | 'id' | 'boolean' | 'time' | 'owner'

export const MAX_INTEGER = 2_147_483_647
/** Longer than any column that is filtered by. */
const MAX_TEXT = 254

/** What a filter asks of its column; undefined: the value makes no sense. */
export type Condition = WhereOperators | undefined

/** A piece of text anywhere in the column, in any case. The trigram indexes answer this. */
export function containing(text: string): WhereOperators<string> {
  return { [Op.iLike]: patternOf(text) }
}

/** The same as a pattern of LIKE. A whole email address is found however it was copied. */
export function patternOf(text: string): string {
  return `%${(readEmail(text) ?? text.trim()).slice(0, MAX_TEXT).replace(/[\\%_]/g, '\\$&')}%`
}

/** Whether the text is the id of a row that could exist. */
export function isId(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_INTEGER
}

/**
 * Turns what came in the query into a condition. `owner` is not here: it has to ask
 * the database (owners-named.ts).
 */
export const conditions: Readonly<Record<Exclude<FilterKind, 'owner'>, (value: unknown) => Condition>> = {
  text: (value) => (typeof value === 'string' ? containing(value) : undefined),
  exact: (value) => (typeof value === 'string' ? { [Op.eq]: value.slice(0, MAX_TEXT) } : undefined),
  id: (value) => (typeof value === 'string' && isId(value) ? { [Op.eq]: Number(value) } : undefined),
  boolean: (value) => (value === 'true' || value === 'false' ? { [Op.eq]: value === 'true' } : undefined),
  time: timeRange,
}

/** AdminJS sends a range as `{ from, to }`, each an ISO time or empty. */
function timeRange(value: unknown): Condition {
  if (typeof value !== 'object' || value === null) return undefined
  const bounds = Object.entries(value).map(([side, text]) => [side, moment(text)] as const)
  const known = bounds.every(([side, time]) => (side === 'from' || side === 'to') && time !== undefined)
  if (!known || bounds.length === 0) return undefined
  return Object.assign({}, ...bounds.map(([side, time]) => ({ [side === 'from' ? Op.gte : Op.lte]: time })))
}

function moment(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d/.test(text)) return undefined
  const time = new Date(text)
  // PostgreSQL knows no year 0; not a number is no year either.
  return time.getUTCFullYear() >= 1 ? time : undefined
}
