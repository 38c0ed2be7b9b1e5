/**
 * SQL of whose the address is that was typed on the page for a forgotten password. Counting a
 * request and sending its link go by the same account.
 *
 * @param columns of `users`
 */
export const ownerSql = (columns: string) =>
  `select ${columns} from users where lower(email) = any($emails) and is_active
order by array_position($emails, lower(email)) limit 1`
