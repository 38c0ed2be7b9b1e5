import { z } from 'zod'
import type { OwnRelations, Place, Relation } from './own-relations.js'
import { isSamePlace, PLACE } from './own-relations.js'

/** The part of a Sequelize model that the checks need. The model can be of another copy of Sequelize. */
export interface HostModel {
  sequelize: HostSequelize
  getTableName(): unknown
}

interface HostSequelize {
  readonly options?: { readonly replication?: unknown; readonly searchPath?: unknown }
  getDialect(): string
  query(sql: string, options: object): Promise<unknown>
  getQueryInterface(): { queryGenerator: { quoteTable(name: unknown): string } }
}

const has = (value: unknown, ...names: string[]) =>
  names.every((name) => typeof Reflect.get(Object(value), name) === 'function')

const hostModel = z.custom<HostModel>(
  (value) => has(value, 'getTableName') && has(Reflect.get(Object(value), 'sequelize'), 'query', 'getDialect'),
)

/** @returns null if it is not a Sequelize model */
export function modelFrom(value: unknown): HostModel | null {
  return hostModel.safeParse(value).data ?? null
}

/** Returns the table's name as in the model's statements, for example `"otp_admin"."users"`. */
export function writtenName(model: HostModel): string {
  return model.sequelize.getQueryInterface().queryGenerator.quoteTable(model.getTableName())
}

/** Returns the `search_path` that Sequelize sets before the model's statements; undefined if there is none. */
export function ownSearchPath(model: HostModel): string | undefined {
  const ofScope: unknown = Reflect.get(Object(Reflect.get(Object(model), '_scope')), 'searchPath')
  const path = ofScope ?? model.sequelize.options?.searchPath
  return typeof path === 'string' ? path : undefined
}

/**
 * Checks whether a model reads or writes one of the site's tables: directly or through a view,
 * under any spelling of its name, on any connection. Only the server knows, so it is queried.
 *
 * @throws the error of the model's connection
 */
export async function readsOwnTable(model: HostModel, own: OwnRelations): Promise<boolean> {
  if (model.sequelize.getDialect() !== 'postgres') return false
  // Reads use replicas, and writes use the primary. Each can have its own search_path.
  const primary = model.sequelize.options?.replication ? [await askServer(model, true)] : []
  const answers = [await askServer(model, false), ...primary]
  return answers.some(({ place, relations }) => isSamePlace(place, own.place) && relations.some(isOneOf(own.relations)))
}

const isOneOf = (own: readonly Relation[]) => (reached: Relation) =>
  isSample(reached) ||
  own.some(({ oid, schema, name }) => reached.oid === oid && reached.schema === schema && reached.name === name)

/** Catalogues in which PostgreSQL stores sample values of every column for its planner. */
const SAMPLES: ReadonlySet<string> = new Set([
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_stats',
  'pg_stats_ext',
  'pg_stats_ext_exprs',
])
const isSample = ({ schema, name }: Relation) => schema === 'pg_catalog' && SAMPLES.has(name)

const answer = z.object({
  system: z.string().nullable(),
  started: z.string(),
  database: z.string(),
  relations: z.array(z.object({ oid: z.string(), schema: z.string(), name: z.string() })),
})

async function askServer(model: HostModel, useMaster: boolean): Promise<{ place: Place; relations: Relation[] }> {
  const searchPath = ownSearchPath(model)
  // No bind parameters, because with a search_path these are two statements.
  const rows = await model.sequelize.query(REACHED, {
    replacements: { written: writtenName(model) },
    type: 'SELECT',
    raw: true,
    useMaster,
    ...(searchPath !== undefined && { searchPath }),
  })
  const [{ relations, ...place }] = z.tuple([answer]).parse(rows)
  return { place, relations }
}

/**
 * Finds a table and everything that its rows can come from: the tables behind views, tables that
 * inherit from it, its partitions, and the table whose long values it stores (TOAST).
 */
const REACHED = `
with recursive reached (oid) as (
  select to_regclass(:written)::oid
  union
  select next.oid from reached, lateral (
    select d.refobjid as oid from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    where r.ev_class = reached.oid
    union all
    select i.inhrelid from pg_inherits i where i.inhparent = reached.oid
    union all
    select c.oid from pg_class c where c.reltoastrelid = reached.oid
  ) next
)
select place.*, coalesce((
  select json_agg(json_build_object('oid', c.oid::int8::text, 'schema', n.nspname, 'name', c.relname))
  from reached join pg_class c on c.oid = reached.oid join pg_namespace n on n.oid = c.relnamespace
), '[]') as relations from (${PLACE}) place`
