import type { Literal } from 'sequelize/lib/utils'
import type { Principal } from '../permissions.js'
import type { FilterKind } from './filter-conditions.js'

/** A row with only the selected columns. */
export type Row = Readonly<Record<string, unknown>>

/**
 * What the panel can do with a table. A column that is not listed here is never selected, shown,
 * filtered by, sorted by or written, regardless of the request.
 */
export interface AllowList {
  /** Columns that are selected and shown. */
  read: readonly string[]
  /** SQL expressions that are shown in addition to the columns. */
  computed?: Readonly<Record<string, Literal>>
  /** Tables that a user must be able to view to get and filter by a computed value. */
  needs?: Readonly<Record<string, readonly string[]>>
  /** SQL expressions that only the server uses; never shown. */
  hidden?: Readonly<Record<string, Literal>>
  /** Values computed from hidden ones, such as a masked phone number. */
  derived?: Readonly<Record<string, (row: Row) => unknown>>
  filter: Readonly<Record<string, FilterKind>>
  /** Filters by one of a few values, each with its SQL condition. */
  choices?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Columns with an index of (column, id), or named in `sortAs`. AdminJS needs one of them in its list. */
  sort: readonly string[]
  /** Columns that are sorted by another column, which has the same order and an index. */
  sortAs?: Readonly<Partial<Record<string, string>>>
  /** Sorted columns that can be null, which counts as lower than every value. Their index is `desc nulls last`. */
  nullsLowest?: readonly string[]
  /** The only column that other resources show. */
  title: string
  /** Columns that the search covers. */
  search: readonly string[]
  /** Returns the rights of the row's owner, if the permission rules need them. */
  subject?(row: Row): Principal
}
