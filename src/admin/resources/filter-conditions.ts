import { Op, type WhereOperators } from 'sequelize'
import { readEmail } from '../../typed-text/read-email.js'

/** How a filter's value is compared with the column. */
export type FilterKind = 'text' | 'exact' | 'id' | 'boolean' | 'time' | 'owner'

export const MAX_INTEGER = 2_147_483_647
/** Characters; no filtered column is longer. */
const MAX_TEXT = 254

/** The condition of a filter; undefined if its value is invalid. */
export type Condition = WhereOperators | undefined

/** Builds a condition that finds a text anywhere in a column, ignoring case. It uses the trigram indexes. */
export function containsText(text: string): WhereOperators<string> {
  return { [Op.iLike]: likePattern(text) }
}

/** Builds the LIKE pattern for a text. A complete email address is normalised first. */
export function likePattern(text: string): string {
  return `%${(readEmail(text) ?? text.trim()).slice(0, MAX_TEXT).replace(/[\\%_]/g, '\\$&')}%`
}

/** Checks whether a text is a possible row ID. */
export function isId(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_INTEGER
}

/** Converts a query value to a condition. `owner` is missing because it needs the database (owner-condition.ts). */
export const conditions: Readonly<Record<Exclude<FilterKind, 'owner'>, (value: unknown) => Condition>> = {
  text: (value) => (typeof value === 'string' ? containsText(value) : undefined),
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
  // PostgreSQL has no year 0. The comparison is also false for an invalid date.
  return time.getUTCFullYear() >= 1 ? time : undefined
}
