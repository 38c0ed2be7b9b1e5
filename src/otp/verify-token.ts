import type { Transaction } from 'sequelize'
import { type Origin, nowhere } from '../origin.js'
import type { Device, DeviceRow, Verification } from './device.js'
import type { Kind } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { parsePersistentId, persistentId } from './persistent-id.js'
import { lockDevices, type LockedDevice } from './sql/lock-devices.js'
import { saveAccepted, saveFailed } from './sql/save-outcome.js'
import { verifyIsAllowed } from './verify-is-allowed.js'

export interface TokenSubmission {
  userId: number
  /** A persistent id as it came in; anything that is not one of this user's confirmed devices is refused. */
  deviceId: string
  /** As typed. */
  token: string
  origin?: Origin
}

/**
 * The one door: asks one device about one token. Owner and device are locked, the wait is
 * checked, the kind judges, and what it decided is saved with the handlers of
 * `userVerified` in one commit. A refusal is a value, so that the failure it counted stays.
 *
 * @returns the device, or why not: `invalid_token`, or `n_failed_attempts` with `lockedUntil`
 * @example const verification = await verifyToken(otp, { userId: 1, deviceId: 'totp/3', token: '123456' })
 */
export async function verifyToken(otp: Otp, submission: TokenSubmission): Promise<Verification> {
  const named = parsePersistentId(submission.deviceId)
  const kind = otp.kinds.find((candidate) => candidate.name === named?.kind)
  if (!named || !kind) return { ok: false, reason: 'invalid_token' }
  return otp.database.sequelize.transaction(async (transaction) => {
    const [locked] = await lockDevices(otp, transaction, kind, submission.userId, named.id, submission.token)
    if (!locked) return { ok: false, reason: 'invalid_token' }
    return askDevice(otp, transaction, locked, submission.token, submission.origin ?? nowhere)
  })
}

/** Asks a device that is locked already, and saves what came of it. */
export async function askDevice(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  token: string,
  origin: Origin,
): Promise<Verification> {
  const now = otp.clock.now()
  const refusal = verifyIsAllowed(locked, otp.settings.throttleFactor, now)
  if (refusal) return { ok: false, ...refusal }
  const device = toDevice(locked.kind, locked.row)
  const about = { userId: device.userId, device, at: now, origin, transaction }
  const outcome = locked.kind.judge(locked.row, token, { now, keys: otp.keys, totpSync: otp.settings.totpSync })
  if (outcome.accepted && (await saveAccepted(otp, transaction, locked, outcome))) {
    await otp.events.emit('userVerified', about)
    return { ok: true, device: { ...device, lastUsedAt: now } }
  }
  const { switchedOff } = await saveFailed(otp, transaction, locked)
  await otp.events.emit('verificationFailed', { ...about, failureCount: locked.row.failure_count + 1 })
  if (switchedOff) await otp.events.emit('deviceSwitchedOff', about)
  return { ok: false, reason: 'invalid_token' }
}

/** A row as callers may see it. */
export function toDevice(kind: Kind, row: DeviceRow): Device {
  return {
    persistentId: persistentId(kind.name, row.id),
    kind: kind.name,
    id: row.id,
    userId: row.user_id,
    name: row.name,
    confirmed: row.confirmed,
    interactive: kind.interactive,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }
}
