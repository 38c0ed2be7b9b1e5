/**
 * `otp-admin-site/kinds`: what an author of a custom kind of device needs.
 *
 * @packageDocumentation
 */
export { createDeviceTable } from './db/migrations/device-table.js'
export type { KindMigrations, Migration } from './db/migrations/index.js'
export type { CodeMessage, SendCode } from './notify/send-code.js'
export { type ChallengeState, deliveredCode } from './otp/challenge-code.js'
export type { Changes, KindOutcome, TokenInput } from './otp/device.js'
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
  KindDefinition,
  KindTraits,
  KindWorld,
  NewChallenge,
  Prepared,
  Strength,
  TokenField,
} from './otp/kinds/kind.js'
export type { ChangeableDevice, KindPanel, KindPart, PanelProperty } from './otp/kinds/kind-panel.js'
