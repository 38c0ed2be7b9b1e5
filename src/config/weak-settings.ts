import { isGuessableKey } from './is-guessable-key.js'
import { isPlainHttp } from './is-plain-http.js'
import type { Config, ConfigIssue } from './read-config.js'

/** Seconds without a request after which a session ends under the `strict` policy. */
const STRICT_INACTIVITY = 1800

/**
 * Returns settings that work but protect less than they seem to, for warnings in the log at the
 * start. `readConfig` rejects settings that cannot be intended.
 *
 * @param baseUrl public origin
 */
export function weakSettings(config: Config, baseUrl: string): ConfigIssue[] {
  const plain = {
    variable: 'BASE_URL',
    message: 'is http: passwords, codes and session cookies cross the network unencrypted',
  }
  const guessable = {
    variable: 'SECRET_KEYS',
    message: 'contains a key that can be guessed. Generate a random one and run `otp-admin rotate-keys`',
  }
  return [
    ...(isPlainHttp(baseUrl) ? [plain] : []),
    ...(config.secretKeys?.some(isGuessableKey) ? [guessable] : []),
    ...(config.otpPolicy === 'strict' ? weakForStrict(config) : []),
  ]
}

/** Returns settings that NIST SP 800-63B-4 does not allow at AAL2, or only with a compensating control. */
function weakForStrict(config: Config): ConfigIssue[] {
  const found: [weak: boolean, variable: string, message: string][] = [
    [
      config.otpGraceDays > 0,
      'OTP_GRACE_DAYS',
      'lets users sign in with their password alone until the grace period ends',
    ],
    [config.loginAddressLimit === 0, 'LOGIN_ADDRESS_LIMIT', 'is off: one IP address can try any number of accounts'],
    [config.otpThrottleFactor === 0, 'OTP_THROTTLE_FACTOR', 'is off: only the account lock slows down attempts'],
    [
      config.loginTimeout > STRICT_INACTIVITY,
      'LOGIN_TIMEOUT',
      `is longer than the ${STRICT_INACTIVITY} seconds after which an idle session ends`,
    ],
  ]
  return found.flatMap(([weak, variable, message]) =>
    weak ? [{ variable, message: `${message} (OTP_POLICY=strict)` }] : [],
  )
}
