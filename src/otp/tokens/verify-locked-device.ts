import type { Transaction } from 'sequelize'
import type { ClientInfo } from '../../client-info.js'
import { isNotReadable } from '../../crypto/keyring.js'
import {
  type Device,
  type DeviceRow,
  type KindOutcome,
  type NotAllowedReason,
  stateOf,
  type Verification,
} from '../device.js'
import { persistentId } from '../devices/persistent-id.js'
import { recordDeviceAdded, recordDeviceDisabled } from '../devices/record-device-change.js'
import type { OtpEvents } from '../events.js'
import type { Kind, KindContext } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'
import type { LockedDevice, OwnerFailures } from '../sql/locked-device.js'
import { saveAccepted, saveRejected } from '../sql/save-outcome.js'
import { type Asker, total } from '../throttle/failures.js'
import { NothingOpened, type Opening } from '../throttle/opening.js'
import { throttleStatus } from '../throttle/throttle-status.js'
import type { PreparedTokens } from './prepare-tokens.js'

/** One submitted token, and its purpose: to verify, or to confirm a device during its setup. */
export interface VerificationRequest {
  token: string
  client: ClientInfo
  context: KindContext
  purpose: 'verify' | 'enrol'
  asker: Asker
  /** Results of external servers, for kinds that query one. */
  prepared?: PreparedTokens | undefined
  /** Runs in the transaction of an accepted token, which is consumed only if this succeeds. */
  opens?: Opening | undefined
}

/** Verifies a token against a locked device and saves the result. A rejection is returned, so that the counted failure is committed. */
export async function verifyLockedDevice(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  request: VerificationRequest,
): Promise<Verification> {
  const result = await verifyWithKind(otp, locked, request)
  if (result.verdict === 'not_checked') return { ok: false, ...result.rejection }
  if (result.verdict === 'accepted') {
    const accepted = await acceptToken(otp, transaction, locked, result.outcome, request)
    if (accepted) return accepted
  }
  const outcome = result.verdict === 'rejected' ? result.outcome : ({ accepted: false } as const)
  return (await rejectWithKind(otp, transaction, locked, outcome, request)).verification
}

/** The result of a device's verification, before anything is saved. */
export type KindVerdict =
  | { verdict: 'not_checked'; rejection: NotAllowedReason | { reason: 'invalid_token' } }
  | { verdict: 'accepted'; outcome: Extract<KindOutcome, { accepted: true }> }
  | { verdict: 'rejected'; outcome: Extract<KindOutcome, { accepted: false }> }

/** Lets the kind verify a token, unless the device waits or the token cannot be of this kind. */
export async function verifyWithKind(
  otp: Otp,
  locked: LockedDevice,
  request: VerificationRequest,
): Promise<KindVerdict> {
  const wait = throttleStatus(locked, request.asker, otp.settings.throttleFactor, request.context.now)
  if (wait) return { verdict: 'not_checked', rejection: wait }
  if (!locked.kind.matchesFormat(request.token))
    return { verdict: 'not_checked', rejection: { reason: 'invalid_token' } }
  const outcome = await verifyIfReadable(locked, request)
  if (outcome === 'key_missing') return { verdict: 'not_checked', rejection: KEY_MISSING }
  if (!outcome) return { verdict: 'not_checked', rejection: { reason: 'verification_not_allowed' } }
  return outcome.accepted ? { verdict: 'accepted', outcome } : { verdict: 'rejected', outcome }
}

const KEY_MISSING = { reason: 'verification_not_allowed', message: 'errors:key_missing' } as const

/** @returns `key_missing` if the device's secret cannot be decrypted; null if the external server did not respond */
async function verifyIfReadable(
  locked: LockedDevice,
  request: VerificationRequest,
): Promise<KindOutcome | 'key_missing' | null> {
  try {
    return await verifyRow(locked, request)
  } catch (error) {
    // The keyring logs the key's ID. The user can use another device.
    if (isNotReadable(error)) return 'key_missing'
    throw error
  }
}

async function verifyRow({ kind, row }: LockedDevice, request: VerificationRequest): Promise<KindOutcome | null> {
  const { token, context } = request
  const prepared = kind.prepare ? request.prepared?.get(row.id) : null
  if (prepared === null) return kind.verify(row, token, context)
  return prepared?.answered ? prepared.verify(row) : null
}

/**
 * Saves an accepted token and runs its handlers.
 *
 * @returns null if another request consumed the token in the meantime
 */
export async function acceptToken(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  outcome: Extract<KindOutcome, { accepted: true }>,
  request: VerificationRequest,
): Promise<Verification | null> {
  if (!(await saveAccepted(otp, transaction, locked, outcome, request))) return null
  const about = eventOf(transaction, locked, request)
  const device = { ...about.device, confirmed: true, state: 'active', lastUsedAt: request.context.now } as const
  if (request.opens && !(await request.opens(transaction, device))) throw new NothingOpened()
  await emitAccepted(otp, request.purpose, about)
  return { ok: true, device }
}

function eventOf(transaction: Transaction, { kind, row }: LockedDevice, { context, client }: VerificationRequest) {
  const device = toDevice(kind, row)
  return { userId: device.userId, device, at: context.now, client, transaction }
}

async function emitAccepted(
  otp: Otp,
  purpose: VerificationRequest['purpose'],
  about: OtpEvents['userVerified'],
): Promise<void> {
  if (purpose === 'enrol') return recordDeviceAdded(otp, { ...about, by: 'owner', actorId: null })
  await otp.events.emit('userVerified', about)
  if (about.device.isBackup) await otp.events.emit('backupTokenUsed', about)
}

/**
 * Counts a rejected token.
 *
 * @returns also the owner's failures after it, for the next device
 */
export async function rejectWithKind(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  { changes = {}, because = null }: Extract<KindOutcome, { accepted: false }>,
  request: VerificationRequest,
): Promise<{ verification: Verification; owner: OwnerFailures }> {
  const verification: Verification = { ok: false, reason: 'invalid_token', ...(because && { because }) }
  const about = eventOf(transaction, locked, request)
  if (request.asker.counts === false) {
    const { failureCount } = total(locked.failures)
    await otp.events.emit('verificationFailed', { ...about, because, failureCount, lane: null })
    return { verification, owner: locked.owner }
  }
  const { switchedOff, lockedUntil, failureCount, owner } = await saveRejected(
    otp,
    transaction,
    locked,
    changes,
    request,
  )
  await otp.events.emit('verificationFailed', { ...about, because, failureCount, lane: request.asker.lane })
  if (lockedUntil) await otp.events.emit('userLocked', { ...about, lockedUntil })
  if (switchedOff) await recordDeviceDisabled(otp, { ...about, by: 'failures', actorId: null })
  return { verification, owner }
}

/** Creates the context in which a kind verifies a token. */
export function kindContext(
  otp: Otp,
  challenge: string | null,
  purpose: KindContext['purpose'] = 'verify',
): KindContext {
  return {
    purpose,
    now: otp.clock.now(),
    keys: otp.keys,
    totpSync: otp.settings.totpSync,
    challenge,
    relyingParty: otp.settings.relyingParty,
  }
}

/** Converts a row to the form that callers see, without secrets. */
export function toDevice(kind: Kind, row: DeviceRow): Device {
  return {
    persistentId: persistentId(kind.name, row.id),
    kind: kind.name,
    id: row.id,
    userId: row.user_id,
    name: row.name,
    confirmed: row.confirmed,
    state: stateOf(row),
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason,
    interactive: kind.challenge !== undefined,
    isBackup: kind.isBackup,
    input: kind.input,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    lastUsedFrom: row.last_used_from,
  }
}
