import { Op, type WhereOptions } from 'sequelize'
import type { Models } from '../../db/models/index.js'
import { type Condition, containsText, likePattern, isId } from './filter-conditions.js'

/** If more users match, a subquery is faster, because most rows match as well. */
const MAX_OWNERS = 2_000

/**
 * Builds the condition for rows of certain owners. The users are looked up first, because
 * PostgreSQL would otherwise scan the whole table for the few rows of a rare name (1,000,000
 * devices: 680 ms instead of 10 ms).
 *
 * @param value a user ID, or a part of an email address
 */
export async function ownerCondition(models: Models, value: unknown): Promise<Condition> {
  if (typeof value !== 'string' || value === '') return undefined
  if (/^\d+$/.test(value)) return isId(value) ? { [Op.eq]: Number(value) } : undefined
  const where: WhereOptions = { email: containsText(value) }
  const people = await models.User.findAll({ attributes: ['id'], where, limit: MAX_OWNERS + 1, raw: true })
  if (people.length <= MAX_OWNERS) return { [Op.in]: people.map(({ id }) => id) }
  return { [Op.in]: emailSubquery(models, value) }
}

function emailSubquery(models: Models, value: string) {
  const { sequelize } = models.User
  if (!sequelize) throw new Error('The models are not bound to a database.')
  return sequelize.literal(`(select id from users where email ilike ${sequelize.escape(likePattern(value))})`)
}
