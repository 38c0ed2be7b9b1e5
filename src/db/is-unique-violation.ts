import { UniqueConstraintError } from 'sequelize'

/**
 * Whether an error is PostgreSQL's `unique_violation` (23505), as pg or Sequelize throws it.
 *
 * @param table only one of this table
 */
export function isUniqueViolation(error: unknown, table?: string): error is Error {
  const original = error instanceof UniqueConstraintError ? error.parent : error
  if (!(original instanceof Error) || !('code' in original) || original.code !== '23505') return false
  return table === undefined || ('table' in original && original.table === table)
}
