import type { Config } from '../config/read-config.js'
import type { Otp } from './otp.js'
import { relyingPartyFor, type UserVerification } from './relying-party.js'

/**
 * Selects the settings that `src/otp` needs from the configuration.
 *
 * @param baseUrl the site's public URL; the command line has none if the port is not known
 * @param userVerification whether a security key after a password also requires a PIN or fingerprint
 */
export function otpSettings(
  config: Config,
  baseUrl = config.baseUrl,
  userVerification?: UserVerification,
): Otp['settings'] {
  return {
    totpSync: config.otpTotpSync,
    throttleFactor: config.otpThrottleFactor,
    challengeCooldown: config.otpChallengeCooldown,
    siteName: config.siteName,
    relyingParty: baseUrl === undefined ? null : relyingPartyFor(baseUrl, config.siteName, userVerification),
  }
}
