import type { Kind } from '../../otp/kind-registry/kind.js'

/**
 * How well a user is protected by their active devices: by none, by backup tokens alone, by devices
 * whose tokens can be intercepted alone (strength `restricted` or `weak`), or by at least one other.
 */
export const secondFactors = ['none', 'backup_only', 'weak_only', 'active'] as const

export type SecondFactor = (typeof secondFactors)[number]

type Traits = Pick<Kind, 'name' | 'table' | 'isBackup' | 'strength'>

/**
 * Builds the SQL condition for each of the four, in a query of `users`.
 *
 * @example secondFactorConditions(kinds).none // 'not (exists (select from totp_devices …) or …)'
 */
export function secondFactorConditions(kinds: readonly Traits[]): Readonly<Record<SecondFactor, string>> {
  const isWeak = ({ strength }: Traits) => strength === 'restricted' || strength === 'weak'
  const backup = anyOf(kinds.filter(({ isBackup }) => isBackup))
  const weak = anyOf(kinds.filter((kind) => !kind.isBackup && isWeak(kind)))
  const strong = anyOf(kinds.filter((kind) => !kind.isBackup && !isWeak(kind)))
  return {
    none: `not (${strong} or ${weak} or ${backup})`,
    backup_only: `${backup} and not (${strong} or ${weak})`,
    weak_only: `${weak} and not ${strong}`,
    active: strong,
  }
}

/** Builds the SQL expression for which of the four a user is. */
export function secondFactorSql(kinds: readonly Traits[]): string {
  const { backup_only, weak_only, active } = secondFactorConditions(kinds)
  return `case when ${active} then 'active' when ${weak_only} then 'weak_only' when ${backup_only} then 'backup_only' else 'none' end`
}

/** Builds the SQL expression for the names of the kinds of which a user has an active device, separated by commas. */
export function activeKindsSql(kinds: readonly Traits[]): string {
  return `concat_ws(',', ${kinds.map((kind) => `case when ${has(kind)} then '${kind.name}' end`).join(', ')})`
}

const has = ({ table }: Traits) => `exists (select from ${table} d where d.user_id = "users".id and d.confirmed)`
const anyOf = (kinds: readonly Traits[]) => (kinds.length === 0 ? 'false' : `(${kinds.map(has).join(' or ')})`)
