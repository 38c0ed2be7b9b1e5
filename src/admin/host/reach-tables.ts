import { z } from 'zod'
import type { OwnRelations, Place, Relation } from './own-relations.js'
import { isSamePlace, PLACE } from './own-relations.js'

/** The part of a Sequelize model that we look at. It may be of another copy of Sequelize. */
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

const has = (given: unknown, ...names: string[]) =>
  names.every((name) => typeof Reflect.get(Object(given), name) === 'function')

const hostModel = z.custom<HostModel>(
  (given) => has(given, 'getTableName') && has(Reflect.get(Object(given), 'sequelize'), 'query', 'getDialect'),
)

/** @returns null: it is no model of Sequelize */
export function modelFrom(given: unknown): HostModel | null {
  return hostModel.safeParse(given).data ?? null
}

/** A table's name as the model's statements have it, for example `"otp_admin"."users"`. */
export function writtenName(model: HostModel): string {
  return model.sequelize.getQueryInterface().queryGenerator.quoteTable(model.getTableName())
}

/** The `search_path` that Sequelize puts in front of the model's statements; undefined: the model names none. */
export function ownSearchPath(model: HostModel): string | undefined {
  const ofScope: unknown = Reflect.get(Object(Reflect.get(Object(model), '_scope')), 'searchPath')
  const path = ofScope ?? model.sequelize.options?.searchPath
  return typeof path === 'string' ? path : undefined
}

/**
 * Whether a model reads or writes one of our tables: by itself or through a view, under any
 * spelling of its name, by whatever connection. The server is asked, for it alone knows.
 *
 * @throws what its connection throws
 */
export async function readsOwnTable(model: HostModel, own: OwnRelations): Promise<boolean> {
  if (model.sequelize.getDialect() !== 'postgres') return false
  // Replicas are read from, and the primary is written to: each can have a search_path of its own.
  const primary = model.sequelize.options?.replication ? [await askServer(model, true)] : []
  const answers = [await askServer(model, false), ...primary]
  return answers.some(({ place, relations }) => isSamePlace(place, own.place) && relations.some(isOneOf(own.relations)))
}

const isOneOf = (own: readonly Relation[]) => (reached: Relation) =>
  isSample(reached) ||
  own.some(({ oid, schema, name }) => reached.oid === oid && reached.schema === schema && reached.name === name)

/** PostgreSQL keeps values of every column there for its planner. */
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
  // No bind parameters: with a search_path in front these are two statements.
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
 * A table with all that its rows can come from: what views on the way select from, the tables
 * that inherit from it or are parts of it, and the table whose long values it keeps (TOAST).
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
