/** What an account is waiting for, if anything. Each user has exactly one. */
export const userStatuses = ['active', 'never_signed_in', 'invited', 'deactivated'] as const

export type UserStatus = (typeof userStatuses)[number]

const HAS_SIGNED_IN = '"users".last_login_at is not null'
/** Users of a host application have no password here. */
const HAS_PASSWORD = '("users".password_hash is not null or "users".external_id is not null)'

/** SQL conditions, in a query of `users`. An invited user has not chosen a password yet. */
export const userStatusConditions: Readonly<Record<UserStatus, string>> = {
  active: `"users".is_active and ${HAS_SIGNED_IN}`,
  never_signed_in: `"users".is_active and not (${HAS_SIGNED_IN}) and ${HAS_PASSWORD}`,
  invited: `"users".is_active and not (${HAS_SIGNED_IN}) and not ${HAS_PASSWORD}`,
  deactivated: 'not "users".is_active',
}

/** SQL expression for a user's status. */
export const userStatusSql = `case when ${userStatusConditions.deactivated} then 'deactivated'
  when ${userStatusConditions.active} then 'active' when ${userStatusConditions.invited} then 'invited' else 'never_signed_in' end`
