import type { Config } from '../config/read-config.js'
import type { Otp } from './otp.js'
import { relyingPartyOf, type UserVerification } from './webauthn/relying-party.js'

/**
 * The part of the configuration that the core goes by.
 *
 * @param baseUrl the site's public address; the command line has none where the port is not known
 * @param userVerification whether a security key beside a password asks for a PIN or a finger, too
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
    relyingParty: baseUrl === undefined ? null : relyingPartyOf(baseUrl, config.siteName, userVerification),
  }
}
