import type { Membership } from '../../src/auth/request-user.js'
import type { Database } from '../../src/db/connect.js'

let groups = 0

/** Adds users to a new group with these rules. @returns its ID */
export async function addToNewGroup(
  { pool }: Pick<Database, 'pool'>,
  userIds: readonly number[],
  { otpPolicy = null, graceDays = null, kinds = null, permissions = [] }: Partial<Membership>,
): Promise<number> {
  groups += 1
  const { rows } = await pool.query<{ id: number }>(
    'insert into groups (name, permissions, otp_policy, grace_days, kinds) values ($1, $2, $3, $4, $5) returning id',
    [`Group ${groups}.${process.pid}`, permissions, otpPolicy, graceDays, kinds],
  )
  const id = rows[0]?.id ?? 0
  await pool.query('insert into user_groups (user_id, group_id) select unnest($1::int[]), $2', [userIds, id])
  return id
}
