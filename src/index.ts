/**
 * otp-admin-site as a package: the public names, and nothing else.
 *
 * @packageDocumentation
 */
export { systemClock, type Clock } from './clock.js'
export { readConfig, type Config, type ConfigResult } from './config/read-config.js'
export { createOtpAdminSite, type OtpAdminSite } from './create-site.js'
export { createKeyring, type Keyring } from './crypto/keyring.js'
export { connectDatabase, type Database } from './db/connect.js'
export { migrate } from './db/migrate.js'
export { SiteError } from './errors.js'
export { createLog } from './log.js'
export { nowhere, type Origin } from './origin.js'
export { otpRequired, type OtpRequiredOptions } from './auth/otp-required.js'
export type { Auth } from './auth/auth.js'
export type { RequestUser } from './auth/request-user.js'
export type { Device, PersistentId, Verification } from './otp/device.js'
export { devicesForUser, userHasDevice, type ListedDevice } from './otp/devices-for-user.js'
export type { Events, OtpEvents } from './otp/events.js'
export { generateChallenge, type Challenge } from './otp/generate-challenge.js'
export { matchToken } from './otp/match-token.js'
export type { Otp } from './otp/otp.js'
export { parsePersistentId, persistentId } from './otp/persistent-id.js'
export { verifyToken, type TokenSubmission } from './otp/verify-token.js'
export type { SiteOptions } from './site-options.js'
