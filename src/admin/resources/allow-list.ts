import type { Literal } from 'sequelize/lib/utils'
import type { Standing } from '../permissions.js'
import type { FilterKind } from './filter-conditions.js'

/** One row as it was read: the columns that were asked for, and nothing else. */
export type Row = Readonly<Record<string, unknown>>

/**
 * Everything that the panel may do with a table. What is not named here is never
 * selected, shown, filtered, sorted by or written, whatever the request says.
 */
export interface AllowList {
  /** Columns that are selected and shown. */
  read: readonly string[]
  /** Values that the database works out for each row and that are shown beside the columns. */
  computed?: Readonly<Record<string, Literal>>
  /** The same for the server's own use; never shown. */
  hidden?: Readonly<Record<string, Literal>>
  /** Values that are worked out here from a hidden one, such as the mask of a number. */
  derived?: Readonly<Record<string, (row: Row) => unknown>>
  filter: Readonly<Record<string, FilterKind>>
  /** Columns with an index of (column, id), or named in `sortAs`. AdminJS needs one of them in its list. */
  sort: readonly string[]
  /** Columns that are ordered by another one, which has the same order and an index. */
  sortAs?: Readonly<Partial<Record<string, string>>>
  /** The one column that other resources show of a row. */
  title: string
  /** Columns that the search looks into. */
  search: readonly string[]
  /** Whose row it is, where the rules ask. */
  subject?(row: Row): Standing
}
