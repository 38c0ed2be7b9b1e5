import type { Auth } from '../auth.js'
import { readUser } from '../read-user.js'
import { trustDays } from './trust-days.js'

/** `trustDays` of somebody who has not signed in yet; read from the database where browsers are trusted at all. */
export async function readTrustDays(auth: Auth, userId: number): Promise<number> {
  if (auth.config.trustBrowserDays === 0) return 0
  const user = await readUser(auth, userId, [], auth.clock.now())
  return user ? trustDays(auth, { isStaff: user.is_staff, groups: user.groups }) : 0
}
