import type { Auth } from '../auth.js'
import { readUser } from '../read-user.js'
import { trustDays } from '../trust-days.js'

/** Reads `trustDays` of a user who is not signed in yet. Needs no query if the site trusts no browsers. */
export async function readTrustDays(auth: Auth, userId: number): Promise<number> {
  if (auth.config.trustBrowserDays === 0) return 0
  const user = await readUser(auth, userId, [], auth.clock.now())
  return user ? trustDays(auth, { isStaff: user.is_staff, groups: user.groups }) : 0
}
