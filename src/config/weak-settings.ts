import { isGuessableKey } from './is-guessable-key.js'
import { isPlainHttp } from './is-plain-http.js'
import type { Config, Fault } from './read-config.js'

/** Seconds: a session that `strict` rules ends after half an hour without a request. */
const STRICT_INACTIVITY = 1800

/**
 * Settings that work, and protect less than they seem to: a line for each in the log at the
 * start. What cannot be what was meant is rejected by `readConfig` instead.
 *
 * @param baseUrl public origin
 */
export function weakSettings(config: Config, baseUrl: string): Fault[] {
  const plain = {
    variable: 'BASE_URL',
    message: 'is http: passwords, codes and session cookies cross the network unencrypted',
  }
  const guessable = {
    variable: 'SECRET_KEYS',
    message: 'has a key that can be guessed: make a random one and run `otp-admin rotate-keys`',
  }
  return [
    ...(isPlainHttp(baseUrl) ? [plain] : []),
    ...(config.secretKeys?.some(isGuessableKey) ? [guessable] : []),
    ...(config.otpPolicy === 'strict' ? weakForStrict(config) : []),
  ]
}

/** NIST SP 800-63B-4 allows none of it at AAL2, or only with something in its place. */
function weakForStrict(config: Config): Fault[] {
  const found: [weak: boolean, variable: string, message: string][] = [
    [config.otpGraceDays > 0, 'OTP_GRACE_DAYS', 'lets people in with their password alone until the days are over'],
    [config.loginAddressLimit === 0, 'LOGIN_ADDRESS_LIMIT', 'is off: one IP address may try any number of accounts'],
    [config.otpThrottleFactor === 0, 'OTP_THROTTLE_FACTOR', 'is off: only the lock of an account slows attempts down'],
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
