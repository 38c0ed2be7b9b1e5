import { Op, type WhereOperators, type WhereOptions } from 'sequelize'
import type { PanelUser } from '../panel-user.js'
import { can } from '../permissions.js'
import { PanelRefusal } from '../refusal.js'
import type { PanelServices } from '../services.js'
import type { AllowList } from './allow-list.js'
import { conditions } from './filter-conditions.js'
import { ownersNamed } from './owners-named.js'

/** A filter of the request. Its value is a text, or the two ends of a range. */
export interface AskedFilter {
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
 * @throws {PanelRefusal} `bad_request` for an unknown filter or an invalid value
 */
export async function whereOf(resource: Filterable, filters: readonly AskedFilter[], user: PanelUser): Promise<Where> {
  const nonEmpty = filters.filter(({ value }) => value !== '')
  const parts = await Promise.all(
    nonEmpty.map(async ({ path, value }) => ({ [path]: await conditionOf(resource, path, value, user) })),
  )
  return { where: { [Op.and]: parts }, whole: parts.length === 0 }
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
    kind === 'owner' ? await ownersNamed(services.database.models, value) : kind && conditions[kind](value)
  if (condition === undefined) throw new PanelRefusal('bad_request', { reason: 'filter' })
  return condition
}
