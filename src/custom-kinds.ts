/**
 * `otp-admin-site/kinds`: what an author of a custom kind of device needs.
 *
 * @packageDocumentation
 */
export { createDeviceTable } from './db/migrations/device-table.js'
export type { KindMigrations, Migration } from './db/migrations/index.js'
export type { CodeMessage, SendCode } from './notify/send-code.js'
export { type ChallengeState, deliveredCode } from './otp/challenges/challenge-code.js'
export type { Changes, KindOutcome, TokenInput } from './otp/device.js'
export type { BrowserScript } from './otp/kind-registry/browser-kind.js'
export {
  type CustomKind,
  type CustomKindDefinition,
  type CodeDelivery,
  defineCustomKind as defineKind,
  type KindSetup,
  type KindTexts,
  type NewDeviceRow,
  type SetupResult,
} from './otp/kind-registry/custom-kind.js'
export type {
  ChallengeServices,
  Kind,
  KindChallenge,
  KindDefinition,
  KindTraits,
  KindContext,
  NewChallenge,
  Prepared,
  Strength,
  BrowserToken,
  TokenField,
} from './otp/kind-registry/kind.js'
export type { ChangeableDevice, KindPanel, KindPart, PanelProperty } from './otp/kind-registry/kind-panel.js'
