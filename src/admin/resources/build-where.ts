import { literal, Op, type WhereOperators, type WhereOptions } from 'sequelize'
import type { PanelUser } from '../panel-user.js'
import { can } from '../permissions.js'
import { PanelError } from '../panel-error.js'
import type { PanelServices } from '../panel-services.js'
import type { AllowList } from './allow-list.js'
import { conditions } from './filter-conditions.js'
import { ownerCondition } from './owner-condition.js'

/** A filter of the request. Its value is a text, or the two ends of a range. */
export interface FilterInput {
  path: string
  value: unknown
}

/** A resource's allow-list, and the models that a filter by owner searches. */
interface Filterable {
  list: AllowList
  services: Pick<PanelServices, 'database'>
}

interface Where {
  where: WhereOptions
  /** True if there is no condition. */
  whole: boolean
}

/**
 * Converts a list's filters to conditions.
 *
 * @throws {PanelError} `bad_request` for an unknown filter or an invalid value
 */
export async function buildWhere(
  resource: Filterable,
  filters: readonly FilterInput[],
  user: PanelUser,
): Promise<Where> {
  const nonEmpty = filters.filter(({ value }) => value !== '')
  const parts = await Promise.all(
    nonEmpty.map(
      async ({ path, value }) =>
        choiceOf(resource.list, path, value, user) ?? { [path]: await conditionOf(resource, path, value, user) },
    ),
  )
  return { where: { [Op.and]: parts }, whole: parts.length === 0 }
}

/** Returns the condition of a filter by a few values; undefined if there is no such filter. */
function choiceOf({ choices = {}, needs = {} }: AllowList, name: string, value: unknown, user: PanelUser) {
  if (!Object.hasOwn(choices, name)) return undefined
  const conditions = choices[name] ?? {}
  const condition = typeof value === 'string' && Object.hasOwn(conditions, value) ? conditions[value] : undefined
  if (condition === undefined || !canRead(user, needs[name])) throw new PanelError('bad_request', { reason: 'filter' })
  return literal(`(${condition})`)
}

/** Checks whether the user can view all of these tables, also in this session. */
export function canRead(user: PanelUser, tables: readonly string[] = []): boolean {
  return tables.every((table) => can(user, 'view', table) && user.opens(table))
}

const readsPeople = (user: PanelUser) => can(user, 'view', 'users') && user.opens('users')

async function conditionOf(
  { list, services }: Filterable,
  column: string,
  value: unknown,
  user: PanelUser,
): Promise<WhereOperators> {
  const named = Object.hasOwn(list.filter, column) ? list.filter[column] : undefined
  // A user who cannot view users, or not in this session, must not learn which email addresses exist.
  const kind = named === 'owner' && !readsPeople(user) ? 'id' : named
  const condition =
    kind === 'owner' ? await ownerCondition(services.database.models, value) : kind && conditions[kind](value)
  if (condition === undefined) throw new PanelError('bad_request', { reason: 'filter' })
  return condition
}
