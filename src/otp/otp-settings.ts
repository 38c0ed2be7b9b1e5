import type { Config } from '../config/read-config.js'
import type { Otp } from './otp.js'

/** The part of the configuration that the core goes by. */
export function otpSettings(config: Config): Otp['settings'] {
  return {
    totpSync: config.otpTotpSync,
    throttleFactor: config.otpThrottleFactor,
    challengeCooldown: config.otpChallengeCooldown,
    siteName: config.siteName,
  }
}
