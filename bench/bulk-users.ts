import type { Database } from '../src/db/connect.js'

export interface BulkSize {
  users: number
  /** Authenticator apps of each user. Their secrets are invalid. */
  devicesEach: number
}

/** Fills the tables behind the panel's lists with users who never sign in. */
export async function addBulkUsers({ pool }: Database, { users, devicesEach }: BulkSize): Promise<void> {
  await pool.query(
    `insert into users (email, name) select format('crowd-%s@example.com', md5(n::text)), format('Crowd %s', n)
    from generate_series(1, $1) n`,
    [users],
  )
  await pool.query(
    `insert into totp_devices (user_id, name, confirmed, secret)
    select u.id, format('Phone %s', n), true, 'none' from users u, generate_series(1, $1) n
    where u.email like 'crowd-%'`,
    [devicesEach],
  )
  await pool.query('vacuum (analyze)')
}
