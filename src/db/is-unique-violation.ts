import { UniqueConstraintError } from 'sequelize'

/** Whether an error is PostgreSQL's `unique_violation` (23505), as pg or Sequelize throws it. */
export function isUniqueViolation(error: unknown): error is Error {
  if (error instanceof UniqueConstraintError) return true
  return error instanceof Error && 'code' in error && error.code === '23505'
}
