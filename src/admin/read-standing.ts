import type { Transaction } from 'sequelize'
import { z } from 'zod'
import type { Database } from '../db/connect.js'
import { runStatement } from '../db/run-statement.js'
import type { Standing } from './permissions.js'

/**
 * SQL for what the rules look at in one person, as JSON.
 *
 * @param id an expression of SQL for the person's id
 */
export function standingSql(id: string): string {
  return `(select json_build_object('id', u.id, 'isSuperuser', u.is_superuser, 'isStaff', u.is_staff, 'granted',
    (select json_agg(g.permissions) from user_groups m join groups g on g.id = m.group_id where m.user_id = u.id))
    from users u where u.id = ${id})`
}

/** What `standingSql` gives. A group without any permission counts as a group. */
export const standing = z.object({
  id: z.number(),
  isSuperuser: z.boolean(),
  isStaff: z.boolean(),
  granted: z.array(z.array(z.string())).nullable().transform(unite),
}) satisfies z.ZodType<Standing>

/** All that several groups allow; null where there is none. */
export function unite(groups: readonly (readonly string[])[] | null): ReadonlySet<string> | null {
  return groups && groups.length > 0 ? new Set(groups.flat()) : null
}

/** Reads it for some people. A statement of its own, after their rows were locked, sees what others changed meanwhile. */
export async function readStandings(
  database: Database,
  transaction: Transaction,
  ids: readonly number[],
): Promise<Map<number, Standing>> {
  const rows = await runStatement(database, transaction, SELECT, { ids })
  return new Map(rows.map((row) => standingRow.parse(row)).map(({ standing: each }) => [each.id, each]))
}

const standingRow = z.object({ standing })
const SELECT = `select ${standingSql('p.id')} as standing from users p where p.id = any($ids::int[])`
