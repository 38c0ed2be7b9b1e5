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
  last_used_at: Date | null
  /** Address and browser of the last success. */
  last_used_from: string | null
}

/** A device as callers see it: no secret in it. */
export interface Device {
  persistentId: PersistentId
  kind: string
  id: number
  userId: number
  name: string
  confirmed: boolean
  interactive: boolean
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
  { ok: true; device: Device } | { ok: false; reason: 'invalid_token' } | ({ ok: false } & Refusal)

/** New values of the device's own columns, for an accepted token or a refused one. */
export type Changes = Readonly<Record<string, string | number | boolean | Date | null>>

/** A refusal that the audit trail names: the token was right, and still something is wrong with the device. */
export type Suspicion = 'counter_not_higher'

/** What a kind says to a token. `consumes` is a row that must still be there when it is deleted. */
export type KindOutcome =
  | { accepted: true; changes: Changes; consumes?: { table: string; id: number } }
  | { accepted: false; changes?: Changes; because?: Suspicion | null }
