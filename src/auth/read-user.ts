import { z } from 'zod'
import { runStatement } from '../db/run-statement.js'
import { parsePersistentId } from '../otp/devices/persistent-id.js'
import type { Auth } from './auth.js'
import type { PassedFactor } from './session/session.js'

/** The part of a group that permissions and policy depend on. */
export const membership = z.object({
  id: z.number(),
  name: z.string(),
  permissions: z.array(z.string()),
  otpPolicy: z.enum(['off', 'staff', 'everyone', 'strict']).nullable(),
  graceDays: z.number().nullable(),
  kinds: z.array(z.string()).nullable(),
})

const userRow = z.object({
  id: z.number(),
  email: z.string(),
  name: z.string(),
  is_staff: z.boolean(),
  is_superuser: z.boolean(),
  auth_epoch: z.number(),
  locale: z.string().nullable(),
  policy_since: z.date().nullable(),
  external_id: z.string().nullable(),
  external_epoch: z.string().nullable(),
  groups: z.array(membership),
  /** Persistent IDs of the session's devices that are still confirmed. */
  standing_devices: z.array(z.string()),
  standing_browsers: z.array(z.number()),
})

/** The data of a user that a request needs. */
export type UserRow = z.output<typeof userRow>

/**
 * Reads an active user, their groups, and which of the session's factors are still valid. One
 * query, with a fixed text for each set of kinds, so that it stays prepared.
 */
export async function readUser(
  { database, otp, config }: Pick<Auth, 'database' | 'otp' | 'config'>,
  userId: number,
  passed: readonly PassedFactor[],
  now: Date,
): Promise<UserRow | null> {
  const named = passed.flatMap(({ device }) => (device === null ? [] : (parsePersistentId(device) ?? [])))
  const kinds = otp.kinds.filter(({ name }) => named.some(({ kind }) => kind === name))
  const ids = kinds.map(({ name }) => [`${name}Ids`, named.filter(({ kind }) => kind === name).map(({ id }) => id)])
  const browsers = passed.flatMap(({ trustedBrowser }) => trustedBrowser ?? [])
  const [row] = await runStatement(database, undefined, userSql(kinds), {
    userId,
    now,
    browsers,
    trustedAfter: new Date(now.getTime() - config.trustBrowserDays * DAY_MS),
    ...Object.fromEntries(ids),
  })
  return userRow.nullable().parse(row ?? null)
}

const DAY_MS = 24 * 3600 * 1000

const userSql = (kinds: readonly { name: string; table: string }[]) => `
select u.id, u.email, u.name, u.is_staff, u.is_superuser, u.auth_epoch, u.locale, u.policy_since, u.external_id, u.external_epoch,
  coalesce((${GROUPS}), '[]') as groups,
  ${kinds.length === 0 ? "'{}'::text[]" : `array(${kinds.map(standingSql).join(' union all ')})`} as standing_devices,
  array(select t.id from trusted_browsers t
    where t.id = any($browsers::int[]) and t.user_id = u.id and t.expires_at > $now and t.created_at > $trustedAfter) as standing_browsers
from users u where u.id = $userId and u.is_active`

const standingSql = ({ name, table }: { name: string; table: string }) =>
  `select '${name}/' || d.id from ${table} d where d.id = any($${name}Ids::int[]) and d.user_id = u.id and d.confirmed`

/** SQL for the groups of `u.id`, in the shape of `membership`. Null if the user is in none. */
export const GROUPS = `
select json_agg(json_build_object('id', g.id, 'name', g.name, 'permissions', g.permissions,
  'otpPolicy', g.otp_policy, 'graceDays', g.grace_days, 'kinds', g.kinds) order by g.id)
from user_groups m join groups g on g.id = m.group_id where m.user_id = u.id`
