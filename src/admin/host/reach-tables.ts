import { z } from 'zod'
import type { OwnRelations, Place, Relation } from './own-relations.js'
import { isSamePlace, PLACE } from './own-relations.js'

/** The part of a Sequelize model that we look at. It may be of another copy of Sequelize. */
export interface HostModel {
  sequelize: HostSequelize
  getTableName(): unknown
}

interface HostSequelize {
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

/**
 * Whether a model reads one of our tables: by itself or through a view, under any spelling of
 * its name, by whatever connection. The server is asked, for it alone knows.
 *
 * @throws what its connection throws
 */
export async function readsOwnTable(model: HostModel, own: OwnRelations): Promise<boolean> {
  if (model.sequelize.getDialect() !== 'postgres') return false
  const found = await askServer(model.sequelize, writtenName(model))
  return isSamePlace(found.place, own.place) && found.relations.some((each) => isOneOf(own.relations, each))
}

function isOneOf(relations: readonly Relation[], { oid, schema, name }: Relation): boolean {
  return relations.some((each) => each.oid === oid && each.schema === schema && each.name === name)
}

const answer = z.object({
  system: z.string().nullable(),
  started: z.string(),
  database: z.string(),
  relations: z.array(z.object({ oid: z.string(), schema: z.string(), name: z.string() })),
})

async function askServer(sequelize: HostSequelize, written: string): Promise<{ place: Place; relations: Relation[] }> {
  const rows = await sequelize.query(REACHED, { bind: [written], type: 'SELECT', raw: true })
  const [{ relations, ...place }] = z.tuple([answer]).parse(rows)
  return { place, relations }
}

/**
 * A table with all that its rows may come from: what views on the way select from, and the
 * tables that inherit from it or are parts of it.
 */
const REACHED = `
with recursive reached (oid) as (
  select to_regclass($1)::oid
  union
  select next.oid from reached, lateral (
    select d.refobjid as oid from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
    where r.ev_class = reached.oid
    union all
    select i.inhrelid from pg_inherits i where i.inhparent = reached.oid
  ) next
)
select place.*, coalesce((
  select json_agg(json_build_object('oid', c.oid::int8::text, 'schema', n.nspname, 'name', c.relname))
  from reached join pg_class c on c.oid = reached.oid join pg_namespace n on n.oid = c.relnamespace
), '[]') as relations from (${PLACE}) place`
