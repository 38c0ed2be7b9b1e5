import { z } from 'zod'
import type { Otp } from '../otp/otp.js'
import { permissionCatalogue } from './permissions.js'
import { isId } from './resources/filter-conditions.js'
import { cleanText } from '../typed-text/clean-text.js'
import { nameField } from './form-fields.js'

/** Days, for the longest grace period. */
const MAX_GRACE = 365

/** Fields that AdminJS sends as `permissions.0`, `permissions.1` and so on, or as `permissions` if empty. */
const LISTS = ['permissions', 'kinds']

/**
 * Builds the schema of a group's form. Absent fields stay as they are.
 *
 * @param otp its kinds of device can be accepted by a policy
 * @param ofHost permissions for a host's resources
 */
export function groupFields(otp: Pick<Otp, 'everyKind'>, ofHost: readonly string[]) {
  const permission = z.enum([...permissionCatalogue().texts, ...ofHost])
  const kind = z.enum(acceptableKinds(otp))
  const fields = z.object({
    name: nameField(64).optional(),
    permissions: z.array(permission).transform(unique).optional(),
    otp_policy: z.union([empty, policy]).nullable().optional(),
    grace_days: z.union([empty, days]).nullable().optional(),
    kinds: z.array(kind).transform(someOrAll).nullable().optional(),
  })
  return z.preprocess(gatherLists, fields)
}

/** Lists the kinds of device that a policy can accept: all but backup tokens (src/auth/policy/policy.ts). */
export function acceptableKinds({ everyKind }: Pick<Otp, 'everyKind'>): string[] {
  return everyKind.filter(({ isBackup }) => !isBackup).map(({ name: kind }) => kind)
}

export type GroupInput = z.output<ReturnType<typeof groupFields>>

const rowId = z.string().refine(isId).transform(Number)

/** The form that adds a member to a group. */
export const membershipFields = z.object({ user_id: z.string().pipe(rowId), group_id: z.string().pipe(rowId) })

/** AdminJS sends a cleared field as an empty string. */
const empty = z.literal('').transform(() => null)
const policy = z.enum(['off', 'staff', 'everyone', 'strict'])
const days = z
  .union([z.string().transform(cleanText), z.int().nonnegative().transform(String)])
  .pipe(z.string().regex(/^\d{1,3}$/))
  .transform(Number)
  .pipe(z.number().max(MAX_GRACE))

const unique = (texts: readonly string[]) => [...new Set(texts)].toSorted()
/** An empty selection means that every kind is accepted. */
const someOrAll = (kinds: readonly string[]) => (kinds.length === 0 ? null : unique(kinds))

function gatherLists(payload: unknown): unknown {
  const entries = Object.entries(z.record(z.string(), z.unknown()).parse(payload))
  const lists = LISTS.flatMap((list) => {
    const items = entries.filter(([field]) => field.startsWith(`${list}.`)).map(([, value]) => value)
    return items.length > 0 ? [[list, items]] : []
  })
  return { ...Object.fromEntries(entries), ...Object.fromEntries(lists) }
}
