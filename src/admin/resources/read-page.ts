import { type Model, type ModelStatic, Op, type Order, QueryTypes, type WhereOptions } from 'sequelize'
import { z } from 'zod'
import type { PanelServices } from '../panel-services.js'
import type { Row } from './allow-list.js'

/** A table, and how its readable columns are selected. */
interface PagedTable {
  model: ModelStatic<Model>
  services: Pick<PanelServices, 'database'>
  /** Returns the table's name. */
  id(): string
  select(selection: { where: WhereOptions; order: Order; limit: number; offset: number }): Promise<Row[]>
}

export interface PageQuery {
  where: WhereOptions
  /** True if there is no condition, so that the table's size is the count. */
  whole: boolean
  sortBy: string
  descending: boolean
  /** Whether null counts as lower than every value of the column. PostgreSQL's default is higher. */
  nullsLowest: boolean
  limit: number
  offset: number
}

/** Rows up to which a count is exact. Above it, the planner's statistics provide an estimate. */
export const COUNT_LIMIT = 10_000
/** From this offset, the IDs are read first, from the index only, and then the page's rows. */
const DEEP = 1_000

const id = z.object({ id: z.union([z.number(), z.string()]) })

/**
 * Reads the rows of one page. Deep pages of a whole table are read from the nearer end, so the
 * last page of 1,000,000 rows costs one exact count instead of a sort of all rows.
 */
export async function readPage(resource: PagedTable, page: PageQuery): Promise<Row[]> {
  if (page.offset < DEEP) return resource.select({ ...page, order: orderOf(page) })
  const ids = await deepIds(resource, page)
  if (ids.length === 0) return []
  return resource.select({ where: { id: { [Op.in]: ids } }, order: orderOf(page), limit: page.limit, offset: 0 })
}

/** Sorts column and ID in the same direction, so that the index on (column, id) covers both. */
function orderOf({ sortBy, descending, nullsLowest }: Pick<PageQuery, 'sortBy' | 'descending' | 'nullsLowest'>): Order {
  const direction = descending ? 'DESC' : 'ASC'
  const nulls = nullsLowest ? (descending ? ' NULLS LAST' : ' NULLS FIRST') : ''
  return sortBy === 'id'
    ? [['id', direction]]
    : [
        [sortBy, `${direction}${nulls}`],
        ['id', direction],
      ]
}

async function deepIds(resource: PagedTable, page: PageQuery) {
  const near = page.whole && page.offset > COUNT_LIMIT ? await fromNearerEnd(resource, page) : page
  return near.limit === 0 ? [] : readIds(resource, near)
}

/** Reads the IDs of some rows in order, from the index only if there is no condition. */
export async function readIds(resource: PagedTable, { where, limit, offset, ...order }: Omit<PageQuery, 'whole'>) {
  const rows = await resource.model.findAll({
    attributes: ['id'],
    where,
    order: orderOf(order),
    limit,
    offset,
    raw: true,
  })
  return z
    .array(id)
    .parse(rows)
    .map((row) => row.id)
}

async function fromNearerEnd(resource: PagedTable, page: PageQuery): Promise<PageQuery> {
  const total = await resource.model.count()
  const limit = Math.max(0, Math.min(page.limit, total - page.offset))
  if (page.offset < total / 2) return { ...page, limit }
  return { ...page, limit, descending: !page.descending, offset: Math.max(0, total - page.offset - limit) }
}

/**
 * Counts rows: exactly up to COUNT_LIMIT. Above it, returns the planner's estimate for a whole
 * table, or COUNT_LIMIT + 1 ("more than that") for a part of one.
 *
 * @param whole whether there is no condition
 */
export async function countRows(resource: PagedTable, where: WhereOptions, whole: boolean): Promise<number> {
  const beyond = await resource.model.findAll({ attributes: ['id'], where, offset: COUNT_LIMIT, limit: 1, raw: true })
  if (beyond.length === 0) return resource.model.count({ where })
  return whole ? Math.max(COUNT_LIMIT + 1, await estimateRows(resource)) : COUNT_LIMIT + 1
}

/** Estimates like the planner: rows per block at the last analysis, times the current number of blocks. */
async function estimateRows(resource: PagedTable): Promise<number> {
  const { sequelize } = resource.services.database
  const [row] = await sequelize.query<{ rows: number }>(
    `select case when relpages > 0
      then reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int) else 0 end as rows
    from pg_class where oid = $table::regclass`,
    { bind: { table: resource.id() }, type: QueryTypes.SELECT },
  )
  return Math.round(row?.rows ?? 0)
}
