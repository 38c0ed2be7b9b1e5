import type { Cause } from './cause.js'

export type { Cause, Suspicion } from './cause.js'

/** The contract of a kind of device, and what verification can come to. */

/** `kind/row id`, for example `totp/3`: names one device of any kind. */
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
  /** When the setup was finished; null: never. */
  confirmed_at: Date | null
  disabled_at: Date | null
  disabled_reason: DisabledReason | null
  last_used_at: Date | null
  /** Address and browser of the last success. */
  last_used_from: string | null
}

/** The columns of `DeviceRow`, of a table that a query calls `d`. */
export const DEVICE_COLUMNS = `d.id, d.user_id, d.name, d.confirmed, d.failure_count, d.failed_at, d.created_at,
  d.confirmed_at, d.disabled_at, d.disabled_reason, d.last_used_at, d.last_used_from`

/** Why a device verifies nobody any more. An administrator may enable only what an administrator disabled. */
export type DisabledReason = 'administrator' | 'failures'

/**
 * Where a device is in its life.
 *
 * - `unconfirmed`: its setup was never finished; it verifies nobody and counts for nothing
 * - `active`: it verifies
 * - `disabled`: it verifies nobody, but its owner still has a second factor: the password alone
 *   must not do what it could not do before
 */
export type DeviceState = 'unconfirmed' | 'active' | 'disabled'

/** The same as SQL of a row `d`: the devices that count as a second factor, active or disabled. */
export const COUNTS_AS_FACTOR = '(d.confirmed or d.confirmed_at is not null)'

/** @example stateOf({ confirmed: false, confirmed_at: null }) // 'unconfirmed' */
export function stateOf({ confirmed, confirmed_at: at }: Pick<DeviceRow, 'confirmed' | 'confirmed_at'>): DeviceState {
  if (confirmed) return 'active'
  return at === null ? 'unconfirmed' : 'disabled'
}

/** How a person gives a token: types a code of a few digits, types or pastes a text, or lets the browser ask a key. */
export type TokenInput = 'digits' | 'text' | 'browser_key'

/** A device as callers see it: no secret in it. */
export interface Device {
  persistentId: PersistentId
  kind: string
  id: number
  userId: number
  name: string
  /** Whether it verifies: the same as `state === 'active'`. */
  confirmed: boolean
  state: DeviceState
  /** Since when and why it is disabled; null where it is not. */
  disabledAt: Date | null
  disabledReason: DisabledReason | null
  /** It sends a challenge before it can be asked for a token. */
  interactive: boolean
  /** Its tokens stand in for another device once; it is not a second factor itself. */
  isBackup: boolean
  /** How its token is given. */
  input: TokenInput
  createdAt: Date
  lastUsedAt: Date | null
  lastUsedFrom: string | null
}

/** Why a device was not even asked. */
export type Refusal =
  | { reason: 'n_failed_attempts'; failureCount: number; lockedUntil: Date }
  | {
      reason: 'verification_not_allowed'
      /** Key of a text that says why, for example `errors:key_missing`. */
      message?: string
    }

/** What one submission came to. A refusal is a value: the transaction commits with it. */
export type Verification =
  { ok: true; device: Device } | { ok: false; reason: 'invalid_token'; because?: Cause } | ({ ok: false } & Refusal)

/** New values of the device's own columns, for an accepted token or a refused one. */
export type Changes = Readonly<Record<string, string | number | boolean | Date | null>>

/** What a kind says to a token. `consumes` is a row that must still be there when it is deleted. */
export type KindOutcome =
  | { accepted: true; changes: Changes; consumes?: { table: string; id: number } }
  | { accepted: false; changes?: Changes; because?: Cause | null }
