/**
 * SQL that finds the user of the site with an email address, for the sign-in and for a forgotten
 * password. Rows of a host application's users are left out: several of them can have the address,
 * and stay when the site goes on without its adapter.
 *
 * @param columns of `users`
 * @param condition on `users`
 */
export const ownUserSql = (columns: string, condition = 'true') =>
  `select ${columns} from users where lower(email) = any($emails) and external_id is null and ${condition}
order by array_position($emails, lower(email)) limit 1`
