import type { Auth } from '../auth.js'
import { policyOf } from '../policy.js'
import type { RequestUser } from '../request-user.js'

/**
 * For how many days somebody may trust a browser. A trusted browser is no authenticator, so
 * `strict` knows none (NIST SP 800-63B-4 §5).
 *
 * @returns 0 where he may not
 */
export function trustDays({ config }: Pick<Auth, 'config'>, person: Pick<RequestUser, 'isStaff' | 'groups'>): number {
  return policyOf(config, person).demand === 'strict' ? 0 : config.trustBrowserDays
}
