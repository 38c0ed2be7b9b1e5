/**
 * SQL that finds the account of an email address on the page for a forgotten password. The
 * request is counted for the same account that gets the link.
 *
 * @param columns of `users`
 */
export const ownerSql = (columns: string) =>
  `select ${columns} from users where lower(email) = any($emails) and is_active
order by array_position($emails, lower(email)) limit 1`
