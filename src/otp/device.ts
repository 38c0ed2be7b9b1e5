import type { Cause } from './throttle/cause.js'

export type { Cause, Suspicion } from './throttle/cause.js'

/** `kind/row ID`, for example `totp/3`: identifies one device of any kind. */
export type PersistentId = `${string}/${number}`

/** The columns that every device table has (src/db/models/device-columns.ts). */
export interface DeviceRow {
  id: number
  user_id: number
  name: string
  confirmed: boolean
  failure_count: number
  failed_at: Date | null
  created_at: Date
  /** When the setup was finished. Null if it was not. */
  confirmed_at: Date | null
  disabled_at: Date | null
  disabled_reason: DisabledReason | null
  last_used_at: Date | null
  /** IP address and browser of the last success. */
  last_used_from: string | null
}

/** SQL that selects the columns of `DeviceRow` from the table `d`. */
export const DEVICE_COLUMNS = `d.id, d.user_id, d.name, d.confirmed, d.failure_count, d.failed_at, d.created_at,
  d.confirmed_at, d.disabled_at, d.disabled_reason, d.last_used_at, d.last_used_from`

/** Why a device was disabled. Only a device that an administrator disabled can be enabled again. */
export type DisabledReason = 'administrator' | 'failures'

/**
 * The state of a device.
 *
 * - `unconfirmed`: its setup was never finished; it verifies nobody and is not a second factor
 * - `active`: it verifies its owner
 * - `disabled`: it verifies nobody, but is still a second factor: the password alone must not
 *   give more access than before
 */
export type DeviceState = 'unconfirmed' | 'active' | 'disabled'

/** SQL for whether the row `d` is a second factor: active or disabled. */
export const COUNTS_AS_FACTOR = '(d.confirmed or d.confirmed_at is not null)'

/**
 * Returns the state of a device's row.
 *
 * @example stateOf({ confirmed: false, confirmed_at: null }) // 'unconfirmed'
 */
export function stateOf({ confirmed, confirmed_at: at }: Pick<DeviceRow, 'confirmed' | 'confirmed_at'>): DeviceState {
  if (confirmed) return 'active'
  return at === null ? 'unconfirmed' : 'disabled'
}

/**
 * How a token is entered: as digits, as a typed or pasted text, by the browser from a security key,
 * or by the script of a custom kind, on the site's pages only.
 */
export type TokenInput = 'digits' | 'text' | 'browser_key' | 'browser_script'

/** A device as callers see it, without secrets. */
export interface Device {
  persistentId: PersistentId
  kind: string
  id: number
  userId: number
  name: string
  /** Whether it is active: the same as `state === 'active'`. */
  confirmed: boolean
  state: DeviceState
  /** Since when it is disabled, and why. Null if it is not. */
  disabledAt: Date | null
  disabledReason: DisabledReason | null
  /** Whether it has to send a code before it can verify one. */
  interactive: boolean
  /** Whether its tokens replace another device in an emergency. It is not a second factor itself. */
  isBackup: boolean
  /** How its tokens are entered. */
  input: TokenInput
  createdAt: Date
  lastUsedAt: Date | null
  lastUsedFrom: string | null
}

/** Why a device did not verify a token. */
export type NotAllowedReason =
  | { reason: 'n_failed_attempts'; failureCount: number; lockedUntil: Date }
  | {
      reason: 'verification_not_allowed'
      /** Key of a text with the reason, for example `errors:key_missing`. */
      message?: string
    }

/** The result of a verification. A rejection is returned, not thrown, so that the transaction is committed. */
export type Verification =
  | { ok: true; device: Device }
  | { ok: false; reason: 'invalid_token'; because?: Cause }
  | ({ ok: false } & NotAllowedReason)

/** New values of the kind's own columns, after an accepted or rejected token. */
export type Changes = Readonly<Record<string, string | number | boolean | Date | null>>

/** A kind's result for a token. `consumes` names a row to delete; if it is already gone, the token was used before. */
export type KindOutcome =
  | { accepted: true; changes: Changes; consumes?: { table: string; id: number } }
  | { accepted: false; changes?: Changes; because?: Cause | null }
