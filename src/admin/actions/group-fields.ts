import { z } from 'zod'
import type { Otp } from '../../otp/otp.js'
import { permissionCatalogue } from '../permissions.js'
import { isId } from '../resources/filter-conditions.js'
import { cleanText } from '../../typed-text/clean-text.js'
import { name } from './parse-fields.js'

/** The longest grace, in days: a year. */
const MAX_GRACE = 365

/** AdminJS sends a list as `permissions.0`, `permissions.1` …, an empty one as `permissions`. */
const LISTS = ['permissions', 'kinds']

/**
 * What the form of a group may hold; what is left out stays as it is.
 *
 * @param otp whose kinds of device can count
 * @param ofHost permissions for a host's resources
 */
export function groupFields(otp: Pick<Otp, 'everyKind'>, ofHost: readonly string[]) {
  const permission = z.enum([...permissionCatalogue().texts, ...ofHost])
  const kind = z.enum(countableKinds(otp))
  const fields = z.object({
    name: name(64).optional(),
    permissions: z.array(permission).transform(unique).optional(),
    otp_policy: z.union([empty, policy]).nullable().optional(),
    grace_days: z.union([empty, days]).nullable().optional(),
    kinds: z.array(kind).transform(someOrAll).nullable().optional(),
  })
  return z.preprocess(gatherLists, fields)
}

/** Backup tokens help out; no policy is met by them (src/auth/policy.ts). */
export function countableKinds({ everyKind }: Pick<Otp, 'everyKind'>): string[] {
  return everyKind.filter(({ isBackup }) => !isBackup).map(({ name: kind }) => kind)
}

export type GroupWish = z.output<ReturnType<typeof groupFields>>

const rowId = z.string().refine(isId).transform(Number)

/** Who is to be in which group. */
export const membershipFields = z.object({ user_id: z.string().pipe(rowId), group_id: z.string().pipe(rowId) })

/** AdminJS sends a field that was emptied as an empty text. */
const empty = z.literal('').transform(() => null)
const policy = z.enum(['off', 'staff', 'everyone', 'strict'])
const days = z
  .union([z.string().transform(cleanText), z.int().nonnegative().transform(String)])
  .pipe(z.string().regex(/^\d{1,3}$/))
  .transform(Number)
  .pipe(z.number().max(MAX_GRACE))

const unique = (texts: readonly string[]) => [...new Set(texts)].toSorted()
/** None ticked means that all count. */
const someOrAll = (kinds: readonly string[]) => (kinds.length === 0 ? null : unique(kinds))

function gatherLists(payload: unknown): unknown {
  const entries = Object.entries(z.record(z.string(), z.unknown()).parse(payload))
  const lists = LISTS.flatMap((list) => {
    const items = entries.filter(([field]) => field.startsWith(`${list}.`)).map(([, value]) => value)
    return items.length > 0 ? [[list, items]] : []
  })
  return { ...Object.fromEntries(entries), ...Object.fromEntries(lists) }
}
