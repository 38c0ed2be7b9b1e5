import type { Config } from '../config/read-config.js'

/** Whether the site's policy demands a second factor of somebody. */
export function mustHaveTwoFactors(policy: Config['otpPolicy'], user: { isStaff: boolean }): boolean {
  if (policy === 'off') return false
  return policy === 'staff' ? user.isStaff : true
}
