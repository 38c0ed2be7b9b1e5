import type { Transaction } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../db/connect.js'
import { runStatement } from '../db/run-statement.js'
import type { Principal } from './permissions.js'

/**
 * Builds the SQL expression for a user's rights, as JSON.
 *
 * @param id an SQL expression for the user's ID
 */
export function principalSql(id: string): string {
  return `(select json_build_object('id', u.id, 'isSuperuser', u.is_superuser, 'isStaff', u.is_staff, 'granted',
    (select json_agg(g.permissions) from user_groups m join groups g on g.id = m.group_id where m.user_id = u.id))
    from users u where u.id = ${id})`
}

/** The result of `principalSql`. */
export const principalSchema = z.object({
  id: z.number(),
  isSuperuser: z.boolean(),
  isStaff: z.boolean(),
  granted: z
    .array(z.array(z.string()))
    .nullable()
    .transform((groups) => unionPermissions(groups ?? [])),
}) satisfies z.ZodType<Principal>

/** Combines the permissions of several groups. */
export function unionPermissions(groups: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(groups.flat())
}

/** Reads the rights of some users. As a separate statement after their rows were locked, it sees concurrent changes. */
export async function loadPrincipals(
  database: Database,
  transaction: Transaction,
  ids: readonly number[],
): Promise<Map<number, Principal>> {
  const rows = await runStatement(database, transaction, SELECT, { ids })
  return new Map(rows.map((row) => standingRow.parse(row)).map(({ standing: each }) => [each.id, each]))
}

const standingRow = z.object({ standing: principalSchema })
const SELECT = `select ${principalSql('p.id')} as standing from users p where p.id = any($ids::int[])`
