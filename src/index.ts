/**
 * `otp-admin-site`: what an application needs that mounts the site. Authors of custom kinds of
 * device import from `otp-admin-site/kinds`, and their tests from `otp-admin-site/testing`.
 *
 * @packageDocumentation
 */
export type { HostAdmin, HostPanel } from './admin/host/host-admin.js'
export { type Clock, type FixedClock, fixedClock, systemClock } from './clock.js'
export { readConfig, type Config, type ConfigResult, type Environment, type ConfigIssue } from './config/read-config.js'
export { createOtpAdminSite, type OtpAdminSite } from './create-site.js'
export { createKeyring, type Keyring, type SealContext } from './crypto/keyring.js'
export { connectDatabase, type ConnectOptions, type Database } from './db/connect.js'
export { migrate } from './db/migrate.js'
export { SiteError } from './errors.js'
export { createLog } from './log.js'
export { DeliveryError } from './notify/delivery-error.js'
export type { MailGateway, OutgoingMail } from './notify/gateways/mail-gateway.js'
export type {
  DeliveryResult,
  SmsGateway,
  VoiceMessage,
  TextMessage,
  DeliveryFailure,
} from './notify/gateways/sms-gateway.js'
export type { Language } from './i18n/translator.js'
export { noClient, type ClientInfo } from './client-info.js'
export type { Auth } from './auth/auth.js'
export type { AuthState, Factor, FactorMethod, Level } from './auth/auth-state.js'
export type { HostUser, UsersAdapter } from './auth/host-users/users-adapter.js'
export type { GuardOptions } from './auth/guards/guard-options.js'
export { guarded } from './auth/guards/guarded.js'
export { otpRequired } from './auth/guards/otp-required.js'
export { type PolicySubject, policyOf, type Policy, type PolicyConfig } from './auth/policy/policy.js'
export type { SecondFactorDue } from './auth/policy/policy-status.js'
export type { Membership, RequestUser } from './auth/request-user.js'
export type { Missing, MissingToken, Requirement } from './auth/policy/requirement.js'
export { requires } from './auth/guards/requires.js'
export { login, type LoginOutcome } from './auth/login.js'
export { addDevice, type NewDevice } from './otp/devices/add-device.js'
export type {
  Cause,
  Device,
  DeviceState,
  DisabledReason,
  PersistentId,
  NotAllowedReason,
  Suspicion,
  Verification,
} from './otp/device.js'
export { devicesForUser, userHasDevice, type ListedDevice } from './otp/devices/devices-for-user.js'
export type { EventHandlers, EventName } from './otp/subscribe.js'
export type { AfterEvents, Actor, Events, Handler, OtpEvents } from './otp/events.js'
export {
  generateChallenge,
  type Challenge,
  type ChallengeRequest,
  type ChallengeNotAllowedReason,
} from './otp/challenges/generate-challenge.js'
export type { Asker, Lane } from './otp/throttle/failures.js'
export type { Opening } from './otp/throttle/opening.js'
export { type Allowance, type DeviceReference, generateIsAllowed, verifyIsAllowed } from './otp/tokens/is-allowed.js'
export { matchToken, type TokenToMatch } from './otp/tokens/match-token.js'
export type { RelyingParty, UserVerification } from './otp/relying-party.js'
export type { Otp } from './otp/otp.js'
export { parsePersistentId, persistentId } from './otp/devices/persistent-id.js'
export { confirmDevice, type Enrolment, type TokenSubmission, verifyToken } from './otp/tokens/verify-token.js'
export type { SiteOptions } from './site-options.js'

export {
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  createDeviceTable,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  defineKind,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  deliveredCode,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type CustomKind,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type CustomKindDefinition,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type Changes,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type ChallengeServices,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type CodeDelivery,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type CodeMessage,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type Kind,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type KindChallenge,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type KindMigrations,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type KindOutcome,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type KindSetup,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type KindTexts,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type KindContext,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type Migration,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type NewChallenge,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type NewDeviceRow,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type Prepared,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type SendCode,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type SetupResult,
  /** @deprecated Import it from `otp-admin-site/kinds`. */
  type TokenField,
} from './custom-kinds.js'
export {
  /** @deprecated Import it from `otp-admin-site/testing`. */
  kindContract,
  /** @deprecated Import it from `otp-admin-site/testing`. */
  type AnsweredChallenge,
  /** @deprecated Import it from `otp-admin-site/testing`. */
  type ContractOtp,
  /** @deprecated Import it from `otp-admin-site/testing`. */
  type KindCheck,
  /** @deprecated Import it from `otp-admin-site/testing`. */
  type KindFixture,
} from './testing/index.js'
