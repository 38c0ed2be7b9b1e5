import { ownUserSql } from '../../auth/password/own-user-sql.js'

/**
 * SQL that finds the account of an email address on the page for a forgotten password. The
 * request is counted for the same account that gets the link.
 *
 * @param columns of `users`
 */
export const ownerSql = (columns: string) => ownUserSql(columns, 'is_active')
