import type { Auth } from '../auth.js'
import { policyOf } from './policy.js'
import { readUser } from '../read-user.js'
import type { RequestUser } from '../request-user.js'

/**
 * Returns for how many days a user can trust a browser. A trusted browser is not an authenticator
 * (NIST SP 800-63B-4 §5), so `strict` does not allow it.
 *
 * @returns 0 if the user cannot
 */
export function trustDays({ config }: Pick<Auth, 'config'>, person: Pick<RequestUser, 'isStaff' | 'groups'>): number {
  return policyOf(config, person).demand === 'strict' ? 0 : config.trustBrowserDays
}

/** Reads `trustDays` of a user who is not signed in yet. Needs no query if the site trusts no browsers. */
export async function readTrustDays(auth: Auth, userId: number): Promise<number> {
  if (auth.config.trustBrowserDays === 0) return 0
  const user = await readUser(auth, userId, [], auth.clock.now())
  return user ? trustDays(auth, { isStaff: user.is_staff, groups: user.groups }) : 0
}
