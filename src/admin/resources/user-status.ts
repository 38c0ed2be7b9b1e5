/** What an account is waiting for, if anything. Each user has exactly one. */
export const userStatuses = ['active', 'never_signed_in', 'invited', 'deactivated'] as const

export type UserStatus = (typeof userStatuses)[number]

const HAS_SIGNED_IN = '"users".last_login_at is not null'
/** The link may have expired. It is deleted a while later. */
const IS_INVITED = `exists (select from one_time_links l
  where l.user_id = "users".id and l.purpose = 'invitation' and l.used_at is null)`

/** SQL conditions, in a query of `users`. An invited user has not used the invitation and has never signed in. */
export const userStatusConditions: Readonly<Record<UserStatus, string>> = {
  active: `"users".is_active and ${HAS_SIGNED_IN}`,
  never_signed_in: `"users".is_active and not (${HAS_SIGNED_IN}) and not ${IS_INVITED}`,
  invited: `"users".is_active and not (${HAS_SIGNED_IN}) and ${IS_INVITED}`,
  deactivated: 'not "users".is_active',
}

/** SQL expression for a user's status. */
export const userStatusSql = `case when ${userStatusConditions.deactivated} then 'deactivated'
  when ${userStatusConditions.active} then 'active' when ${userStatusConditions.invited} then 'invited' else 'never_signed_in' end`
