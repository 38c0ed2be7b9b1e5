import type { Auth } from '../auth/auth.js'
import type { Config } from '../config/read-config.js'
import type { IpRateLimit } from '../http/client/ip-rate-limit.js'
import type { Keyring } from '../crypto/keyring.js'

/** The services that the account pages receive as their first argument. */
export interface AccountServices extends Auth {
  config: Auth['config'] & Pick<Config, 'otpEmail' | 'smsGateway' | 'twilioCallerId'>
  keys: Keyring
  /** Limits password reset requests by sender, separately from failed sign-ins. */
  forgotLimit: IpRateLimit
}
