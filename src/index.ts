/**
 * otp-admin-site as a package: the public names, and nothing else.
 *
 * @packageDocumentation
 */
export type { HostAdmin, HostPanel } from './admin/host/host-admin.js'
export { type Clock, type StillClock, stillClock, systemClock } from './clock.js'
export { readConfig, type Config, type ConfigResult, type Environment, type Fault } from './config/read-config.js'
export { createOtpAdminSite, type OtpAdminSite } from './create-site.js'
export { createKeyring, type Keyring, type SealedPlace } from './crypto/keyring.js'
export { connectDatabase, type ConnectOptions, type Database } from './db/connect.js'
export { migrate } from './db/migrate.js'
export { createDeviceTable } from './db/migrations/device-table.js'
export type { KindMigrations, Migration } from './db/migrations/index.js'
export { SiteError } from './errors.js'
export { createLog } from './log.js'
export { DeliveryError } from './notify/delivery-error.js'
export type { MailGateway, OutgoingMail } from './notify/gateways/mail-gateway.js'
export type { Delivered, SmsGateway, SpokenMessage, TextMessage, Undelivered } from './notify/gateways/sms-gateway.js'
export type { Language } from './i18n.js'
export { nowhere, type Origin } from './origin.js'
export type { Auth } from './auth/auth.js'
export type { AuthState, Factor, How, Level } from './auth/auth-state.js'
export type { HostUser, UsersAdapter } from './auth/host-users/users-adapter.js'
export type { GuardOptions } from './auth/guard-options.js'
export { guarded } from './auth/guarded.js'
export { otpRequired } from './auth/otp-required.js'
export { type Person, policyOf, type Policy, type PolicyConfig } from './auth/policy.js'
export type { SecondFactorDue } from './auth/policy-standing.js'
export type { Membership, RequestUser } from './auth/request-user.js'
export type { Missing, MissingToken, Requirement } from './auth/requirement.js'
export { requires } from './auth/requires.js'
export { login, type LoginOutcome } from './auth/verify-session.js'
export type { CodeMessage, SendCode } from './notify/send-code.js'
export { addDevice, type NewDevice } from './otp/add-device.js'
export { deliveredCode } from './otp/challenge-code.js'
export { kindContract, type KindCheck } from './otp/contract/kind-contract.js'
export type { AnsweredChallenge, ContractOtp, KindFixture } from './otp/contract/stage.js'
export type {
  Cause,
  Changes,
  Device,
  DeviceState,
  DisabledReason,
  KindOutcome,
  PersistentId,
  Refusal,
  Suspicion,
  Verification,
} from './otp/device.js'
export { devicesForUser, userHasDevice, type ListedDevice } from './otp/devices-for-user.js'
export type { EventHandlers, EventName } from './otp/add-handlers.js'
export type { AfterEvents, Doer, Events, Handler, OtpEvents } from './otp/events.js'
export {
  generateChallenge,
  type Challenge,
  type ChallengeRequest,
  type GenerateRefusal,
} from './otp/generate-challenge.js'
export {
  type AddedKind,
  type AddedKindDefinition,
  type CodeDelivery,
  defineAddedKind as defineKind,
  type KindSetUp,
  type KindTexts,
  type NewRow,
  type SetUpOutcome,
} from './otp/kinds/added-kind.js'
export type {
  ChallengeServices,
  Kind,
  KindChallenge,
  KindWorld,
  NewChallenge,
  Prepared,
  TokenField,
} from './otp/kinds/kind.js'
export type { Asker, Lane } from './otp/failures.js'
export type { Opening } from './otp/opening.js'
export { type Allowance, type DeviceOfUser, generateIsAllowed, verifyIsAllowed } from './otp/is-allowed.js'
export { matchToken, type TokenToMatch } from './otp/match-token.js'
export type { RelyingParty, UserVerification } from './otp/webauthn/relying-party.js'
export type { Otp } from './otp/otp.js'
export { parsePersistentId, persistentId } from './otp/persistent-id.js'
export { confirmDevice, type Enrolment, type TokenSubmission, verifyToken } from './otp/verify-token.js'
export type { SiteOptions } from './site-options.js'
