import type { Transaction } from 'sequelize'
import type { Origin } from '../origin.js'
import type { Device, DeviceRow, KindOutcome, Verification } from './device.js'
import type { OtpEvents } from './events.js'
import type { Kind, KindWorld } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { persistentId } from './persistent-id.js'
import type { PreparedTokens } from './prepare-token.js'
import type { LockedDevice } from './sql/lock-devices.js'
import { saveAccepted, saveFailed } from './sql/save-outcome.js'
import { whyNotAsked } from './why-not-asked.js'

/** What one submission asks, and for what: to verify, or to enrol a device that is not confirmed yet. */
export interface Asking {
  token: string
  origin: Origin
  world: KindWorld
  purpose: 'verify' | 'enrol'
  /** What somebody outside said to it, for kinds that ask there. */
  prepared?: PreparedTokens | undefined
}

/** Asks a device that is locked already, and saves what came of it. A refusal is a value: what it counted stays. */
export async function askDevice(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  asking: Asking,
): Promise<Verification> {
  const { now } = asking.world
  const refusal = whyNotAsked(locked, otp.settings.throttleFactor, now)
  if (refusal) return { ok: false, ...refusal }
  const device = toDevice(locked.kind, locked.row)
  const about = { userId: device.userId, device, at: now, origin: asking.origin, transaction }
  const outcome = await judge(locked, asking)
  if (!outcome) return { ok: false, reason: 'verification_not_allowed' }
  if (outcome.accepted && (await saveAccepted(otp, transaction, locked, outcome, asking))) {
    await tellAccepted(otp, asking.purpose, about)
    return { ok: true, device: { ...device, confirmed: true, lastUsedAt: now } }
  }
  return refuseToken(otp, locked, outcome.accepted ? { accepted: false } : outcome, about)
}

/** @returns null where somebody outside was to judge and has not */
async function judge({ kind, row }: LockedDevice, asking: Asking): Promise<KindOutcome | null> {
  const { token, world } = asking
  const prepared = kind.prepare && kind.couldBe(token) ? asking.prepared?.get(row.id) : null
  if (prepared === null) return kind.judge(row, token, world)
  return prepared?.answered ? prepared.judge(row) : null
}

async function tellAccepted(otp: Otp, purpose: Asking['purpose'], about: OtpEvents['userVerified']): Promise<void> {
  if (purpose === 'enrol') return otp.events.emit('deviceAdded', about)
  await otp.events.emit('userVerified', about)
  if (about.device.kind === 'static') await otp.events.emit('backupTokenUsed', about)
}

async function refuseToken(
  otp: Otp,
  locked: LockedDevice,
  { changes = {}, because = null }: Extract<KindOutcome, { accepted: false }>,
  about: OtpEvents['userVerified'],
): Promise<Verification> {
  const { switchedOff, lockedUntil } = await saveFailed(otp, about.transaction, locked, changes)
  await otp.events.emit('verificationFailed', { ...about, because, failureCount: locked.row.failure_count + 1 })
  if (lockedUntil) await otp.events.emit('userLocked', { ...about, lockedUntil })
  if (switchedOff) await otp.events.emit('deviceSwitchedOff', { ...about, by: 'failures', actorId: null })
  return { ok: false, reason: 'invalid_token' }
}

/** What the kinds may know, at this moment. */
export function kindWorld(otp: Otp, challenge: string | null): KindWorld {
  return {
    now: otp.clock.now(),
    keys: otp.keys,
    totpSync: otp.settings.totpSync,
    challenge,
    relyingParty: otp.settings.relyingParty,
  }
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
    interactive: kind.challenge !== undefined,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    lastUsedFrom: row.last_used_from,
  }
}
