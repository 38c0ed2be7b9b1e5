import { Op, type FindAttributeOptions, type Model, type ModelStatic, type Order, type WhereOptions } from 'sequelize'
import { type ActionContext, type Filter, Resource } from '../adminjs.js'
import { knownUser, type PanelUser } from '../panel-user.js'
import { can, type Permission } from '../permissions.js'
import { PanelError } from '../panel-error.js'
import type { PanelServices } from '../panel-services.js'
import type { AllowList, Row } from './allow-list.js'
import { containsText, isId } from './filter-conditions.js'
import { AllowListedRecord } from './allow-listed-record.js'
import { countRows, type PageQuery, readIds, readPage } from './read-page.js'
import { type FilterInput, buildWhere, canRead } from './build-where.js'

/** Returns the current admin. A host application can call AdminJS without one, and then finds no rows. */
const userIn = (context: ActionContext | undefined): PanelUser | undefined => knownUser(context?.currentAdmin)

/** AdminJS's own maximum for `perPage`; the same here, so that its page numbers match the rows. */
const MAX_ROWS = 500
const SEARCH_ROWS = 50

interface Selection {
  where: WhereOptions
  order: Order
  limit: number
  offset: number
}

interface Sort {
  sortBy?: string
  direction?: 'asc' | 'desc'
}

interface FindOptions {
  limit?: number
  offset?: number
  sort?: Sort
}

/** A list without paging. */
export interface ListQuery {
  filters: readonly FilterInput[]
  sort: Sort
  limit: number
}

/**
 * A table as AdminJS sees it: only what its allow-list names, and only for users with the
 * permission. All of AdminJS's reads use this class, also those of references and filters. It
 * never writes. The functions in ../actions do, in one transaction with their audit event.
 */
export class AllowListedResource extends Resource {
  readonly model: ModelStatic<Model>
  readonly list: AllowList
  readonly services: PanelServices

  constructor(services: PanelServices, model: ModelStatic<Model>, list: AllowList) {
    super(model)
    this.model = model
    this.list = list
    this.services = services
    const columns = model.getAttributes()
    const named = [...list.read, ...Object.keys(list.filter), ...list.sort, ...list.search, list.title]
    const unknown = named.find((name) => !Object.hasOwn(columns, name) || !list.read.includes(name))
    if (unknown) throw new Error(`The panel's resource ${this.id()} names no readable column "${unknown}".`)
  }

  /** Returns the columns from which AdminJS builds the schema for the browser. */
  override rawAttributes() {
    const columns = this.model.getAttributes()
    return Object.fromEntries(this.list.read.flatMap((name) => (columns[name] ? [[name, columns[name]]] : [])))
  }

  override property(path: string) {
    return this.list.read.includes(path) ? super.property(path) : null
  }

  override async find(filter: Filter, { limit = 10, offset = 0, sort = {} }: FindOptions, context?: ActionContext) {
    const user = userIn(context)
    if (!user) return []
    this.#check('view', user)
    const order = this.#order(sort)
    const { where, whole } = await buildWhere(this, Object.values(filter.filters), user)
    const page = { where, whole, ...order, limit: Math.min(limit, MAX_ROWS), offset }
    return (await readPage(this, page)).map((row) => new AllowListedRecord(this.#within(user, row), this, false))
  }

  /**
   * Reads the IDs of a list's rows, in its order, for an export.
   *
   * @throws {PanelError} `not_allowed` without the permissions to view and export
   */
  async idsOf(user: PanelUser, { filters, sort, limit }: ListQuery): Promise<(number | string)[]> {
    this.#check('view', user)
    this.#check('export', user)
    const order = this.#order(sort)
    const { where } = await buildWhere(this, filters, user)
    return readIds(this, { where, ...order, limit, offset: 0 })
  }

  /** Reads what can be shown of these rows, in this order, without those that no longer exist. */
  async rowsOf(user: PanelUser, ids: readonly (number | string)[]): Promise<Record<string, unknown>[]> {
    const rows = await this.select({ where: { id: { [Op.in]: [...ids] } }, order: [], limit: ids.length, offset: 0 })
    const byId = new Map(rows.map((row) => [row['id'], this.shown(this.#within(user, row))]))
    return ids.flatMap((each) => {
      const row = byId.get(each)
      return row ? [row] : []
    })
  }

  override async count(filter: Filter, context?: ActionContext): Promise<number> {
    const user = userIn(context)
    if (!user) return 0
    this.#check('view', user)
    const { where, whole } = await buildWhere(this, Object.values(filter.filters), user)
    return countRows(this, where, whole)
  }

  override async findOne(id: string, context?: ActionContext): Promise<AllowListedRecord | null> {
    const [record] = await this.findMany([id], context)
    return record ?? null
  }

  /** Reads rows by ID. For another resource it returns ID and title only, and nothing if the user cannot view this one. */
  override async findMany(ids: readonly (string | number)[], context?: ActionContext): Promise<AllowListedRecord[]> {
    const isReference = context !== undefined && context.resource !== this
    const user = userIn(context)
    if (!user || (isReference && !can(user, 'view', this.id()))) return []
    this.#check('view', user)
    const known = ids.map(String).filter(isId).slice(0, MAX_ROWS)
    if (known.length === 0) return []
    const where = { id: { [Op.in]: known } }
    const rows = isReference
      ? await this.#read(['id', this.list.title], { where, order: [], limit: MAX_ROWS, offset: 0 })
      : await this.select({ where, order: [], limit: MAX_ROWS, offset: 0 })
    return rows.map((row) => new AllowListedRecord(this.#within(user, row), this, isReference))
  }

  /**
   * Finds the first rows that contain a text in a searched column, sorted by title.
   *
   * @param column a column to search; undefined searches all of them
   */
  async search(text: string, column: string | undefined, context: ActionContext): Promise<AllowListedRecord[]> {
    const user = userIn(context)
    if (!user) return []
    this.#check('view', user)
    if (column !== undefined && !this.list.search.includes(column))
      throw new PanelError('bad_request', { reason: 'search' })
    const columns = column === undefined ? this.list.search : [column]
    const where = text === '' ? {} : { [Op.or]: columns.map((name) => ({ [name]: containsText(text) })) }
    const order: Order = this.list.sort.includes(this.list.title)
      ? [
          [this.list.title, 'ASC'],
          ['id', 'ASC'],
        ]
      : [['id', 'DESC']]
    const rows = await this.select({ where, order, limit: SEARCH_ROWS, offset: 0 })
    return rows.map((row) => new AllowListedRecord(this.#within(user, row), this, false))
  }

  /** Reads the columns of the allow-list and its computed and hidden values. */
  select(selection: Selection): Promise<Row[]> {
    const extra = Object.entries({ ...this.list.computed, ...this.list.hidden })
    return this.#read([...this.list.read, ...extra.map(([name, sql]): [typeof sql, string] => [sql, name])], selection)
  }

  /** The names of all values that can be shown. */
  get shownNames(): readonly string[] {
    return [...this.#plainNames, ...Object.keys(this.list.derived ?? {})]
  }

  get #plainNames(): readonly string[] {
    return [...this.list.read, ...Object.keys(this.list.computed ?? {})]
  }

  /** Returns the part of a row that can be shown. */
  shown(row: Row): Record<string, unknown> {
    const plain = this.#plainNames.filter((name) => Object.hasOwn(row, name)).map((name) => [name, row[name]])
    return { ...Object.fromEntries(plain), ...this.#derived(row) }
  }

  /** Returns a row without the computed values of tables that the user cannot view. */
  #within(user: PanelUser, row: Row): Row {
    const hidden = Object.entries(this.list.needs ?? {}).filter(([, tables]) => !canRead(user, tables))
    return Object.fromEntries(Object.entries(row).filter(([name]) => !hidden.some(([each]) => each === name)))
  }

  override create(): Promise<never> {
    return Promise.reject(new PanelError('not_allowed'))
  }

  override update(): Promise<never> {
    return Promise.reject(new PanelError('not_allowed'))
  }

  override delete(): Promise<never> {
    return Promise.reject(new PanelError('not_allowed'))
  }

  /** Computes the derived values; none for a reference, whose row has no hidden values. */
  #derived(row: Row): Record<string, unknown> {
    const { derived = {}, hidden = {} } = this.list
    if (!Object.keys(hidden).every((name) => Object.hasOwn(row, name))) return {}
    return Object.fromEntries(Object.entries(derived).map(([name, from]) => [name, from(row)]))
  }

  async #read(attributes: FindAttributeOptions, selection: Selection): Promise<Row[]> {
    const rows: unknown[] = await this.model.findAll({ attributes, ...selection, raw: true })
    return rows.filter((row): row is Row => typeof row === 'object' && row !== null)
  }

  #order({ sortBy = 'id', direction }: Sort): Pick<PageQuery, 'sortBy' | 'descending' | 'nullsLowest'> {
    if (!this.list.sort.includes(sortBy)) throw new PanelError('bad_request', { reason: 'sort' })
    const nullsLowest = this.list.nullsLowest?.includes(sortBy) ?? false
    return { sortBy: this.list.sortAs?.[sortBy] ?? sortBy, nullsLowest, descending: direction === 'desc' }
  }

  #check(permission: Permission, user: PanelUser): void {
    if (!can(user, permission, this.id())) throw new PanelError('not_allowed')
  }
}
