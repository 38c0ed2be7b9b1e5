import type { Auth } from '../auth/auth.js'
import type { Config } from '../config/read-config.js'
import type { IpRateLimit } from '../http/ip-rate-limit.js'
import type { Keyring } from '../crypto/keyring.js'

/** What the pages about one's own account take first. */
export interface AccountServices extends Auth {
  config: Auth['config'] & Pick<Config, 'otpEmail' | 'smsGateway' | 'twilioCallerId'>
  keys: Keyring
  /** Requests for a new password, by sender: they count apart from failed sign-ins. */
  forgotLimit: IpRateLimit
}
