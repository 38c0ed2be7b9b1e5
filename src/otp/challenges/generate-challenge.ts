import { randomUUID } from 'node:crypto'
import { QueryTypes, type Transaction } from 'sequelize'
import { notAfter } from '../../clock.js'
import { CODE_VALID_SECONDS, hashCode, generateCode } from './challenge-code.js'
import type { Device, NotAllowedReason } from '../device.js'
import { anyone, type Asker } from '../throttle/failures.js'
import type { NewChallenge } from '../kind-registry/kind.js'
import type { Otp } from '../otp.js'
import { parsePersistentId } from '../devices/persistent-id.js'
import { lockDevices } from '../sql/lock-devices.js'
import type { LockedDevice } from '../sql/locked-device.js'
import { checkSendLimit, recordSend, type SendPurpose } from '../sql/send-limit.js'
import { accountThrottle, timesIn } from '../throttle/throttle.js'
import { kindContext, toDevice } from '../tokens/verify-locked-device.js'

/**
 * Challenges in 24 hours, per user and per phone number or email address, to limit cost and nuisance.
 * Setups, sign-ins in unknown browsers, and the user's own browsers and sessions are counted
 * separately, so that an attacker cannot use up what the owner's device can receive. Several users
 * can set up the same number.
 */
const SENDS_PER_DAY: Record<SendPurpose, { user: number; target: number }> = {
  sign_in: { user: 10, target: 10 },
  own: { user: 10, target: 10 },
  set_up: { user: 10, target: 20 },
}
const DAY_MS = 24 * 3600 * 1000

/** Which device has to send a code. */
export interface ChallengeRequest {
  userId: number
  deviceId: string
  /** The language of the message. */
  language: string
  /** False for a device that is being set up. */
  confirmed?: boolean
  /** The requester. Default: someone whose password was correct. */
  asker?: Asker
  /** The ID of the session's previous challenge, if there is one: the codes of both are valid. */
  challenge?: string | null
}

/** The result. `challenge` is the ID that the session stores and passes to `verifyToken`. */
export type Challenge =
  | { ok: true; challenge: string; device: Device }
  | { ok: false; reason: 'not_interactive' }
  | { ok: false; reason: 'cooldown_pending'; nextAt: Date }
  | ({ ok: false } & NotAllowedReason)

/**
 * Makes a device send a new code. The code is stored as a keyed hash and its delivery is queued, in
 * one transaction. An earlier code stays valid until the new one was sent. Sending a code resets no
 * failures (NIST SP 800-63B-4 §3.2.2).
 *
 * @param otp `site.otp`
 * @param request whose device sends, and in which language (BCP 47, for example `en`)
 * @returns `challenge`, the ID that the session stores and passes to `verifyToken`. If not ok:
 *   `not_interactive` (nothing to send, or not an active device of this user), `cooldown_pending` with
 *   `nextAt`, or `n_failed_attempts` with `lockedUntil` while the account is locked
 * @example const challenge = await generateChallenge(site.otp, { userId: 1, deviceId: 'phone/2', language: 'en' })
 */
export async function generateChallenge(otp: Otp, request: ChallengeRequest): Promise<Challenge> {
  const named = parsePersistentId(request.deviceId)
  const kind = otp.kinds.find((candidate) => candidate.name === named?.kind)
  if (!named || !kind?.challenge) return { ok: false, reason: 'not_interactive' }
  return otp.database.sequelize.transaction(async (transaction) => {
    const selector = { kind, userId: request.userId, deviceId: named.id, confirmed: request.confirmed ?? true }
    const [locked] = await lockDevices(otp, transaction, selector, '', kindContext(otp, null))
    if (!locked) return { ok: false, reason: 'not_interactive' }
    const rejection = await checkChallengeAllowed(otp, transaction, locked, request.asker)
    if (rejection) return { ok: false, ...rejection }
    const { challenge: before, ...rest } = request
    return send(otp, transaction, locked, { ...rest, ...(before && { challenge: before }) })
  })
}

/** Why a device cannot send a code now. */
export type ChallengeNotAllowedReason = { reason: 'cooldown_pending'; nextAt: Date } | NotAllowedReason

/** Checks whether a device can send a code. A code for a locked account could not be used, but would cost money. */
export async function checkChallengeAllowed(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  { lane }: Asker = anyone,
): Promise<ChallengeNotAllowedReason | null> {
  const isLocked = locked.row.confirmed ? accountThrottle(timesIn(locked.owner.failed, lane), otp.clock.now()) : null
  if (isLocked) return isLocked
  const nextAt = await nextChallenge(otp, transaction, locked, purposeOf(locked, lane))
  return nextAt && { reason: 'cooldown_pending', nextAt }
}

/** Determines the limit in which a sent code is counted. */
function purposeOf({ row }: LockedDevice, lane: Asker['lane']): SendPurpose {
  if (!row.confirmed) return 'set_up'
  return lane === 'sign_in' ? 'sign_in' : 'own'
}

/** Returns when the next challenge can be generated. Null if it can now. */
async function nextChallenge(
  otp: Otp,
  transaction: Transaction,
  { kind, row }: LockedDevice,
  purpose: SendPurpose,
): Promise<Date | null> {
  const now = otp.clock.now()
  const [timing] = await otp.database.sequelize.query<{ challenged_at: Date | null }>(
    `select challenged_at from ${kind.table} where id = $id`,
    { bind: { id: row.id }, type: QueryTypes.SELECT, transaction },
  )
  const challengedAt = timing?.challenged_at ?? null
  // A time in the future is corrected in the row. Otherwise the wait would start only when the clock reaches it.
  if (challengedAt && challengedAt > now)
    await otp.database.sequelize.query(`update ${kind.table} set challenged_at = $now where id = $id`, {
      bind: { id: row.id, now },
      transaction,
    })
  const cooling = challengeCooldown(challengedAt, otp.settings.challengeCooldown, now)
  if (cooling) return cooling
  const since = new Date(now.getTime() - DAY_MS)
  const about = { userId: row.user_id, target: kind.challenge?.target(row) ?? '', since, now, purpose }
  const full = await checkSendLimit(otp, transaction, about, SENDS_PER_DAY[purpose])
  return full && new Date(full.getTime() + DAY_MS)
}

async function send(
  otp: Otp,
  transaction: Transaction,
  locked: LockedDevice,
  { language, asker = anyone, challenge = randomUUID() }: ChallengeRequest & { challenge?: string },
): Promise<Challenge> {
  const { kind, row } = locked
  const now = otp.clock.now()
  const code = generateCode()
  const codeHash = hashCode(otp.keys, challenge, code)
  const expiresAt = new Date(now.getTime() + CODE_VALID_SECONDS * 1000)
  await otp.database.sequelize.query(
    `update ${kind.table} set ${KEEP_SENT}, code_hash = $codeHash, code_expires_at = $expiresAt, code_attempts = 0,
      challenged_at = $now, delivery = 'pending', delivery_error = null where id = $id`,
    { bind: { codeHash, expiresAt, now, id: row.id }, transaction },
  )
  const target = kind.challenge?.target(row) ?? ''
  const purpose = purposeOf(locked, asker.lane)
  await recordSend(otp, transaction, { userId: row.user_id, target, at: now, purpose, codeHash })
  const delivery = { table: kind.table, id: row.id, codeHash }
  const message: NewChallenge = { code, expiresAt, language, delivery }
  await kind.challenge?.enqueue(otp, transaction, row, message)
  return { ok: true, challenge, device: toDevice(kind, row) }
}

/** Keeps the previous code only if it was sent. */
const KEEP_SENT = `
  sent_code_hash = case when delivery = 'sent' then code_hash else sent_code_hash end,
  sent_code_expires_at = case when delivery = 'sent' then code_expires_at else sent_code_expires_at end,
  sent_code_attempts = case when delivery = 'sent' then code_attempts else sent_code_attempts end`

/**
 * Calculates the wait between two challenges of one device. Generating a challenge starts it, and
 * only an accepted token ends it early.
 *
 * @param cooldown seconds; 0 disables it
 * @returns when the next one can be generated, or null if it can now
 */
function challengeCooldown(challengedAt: Date | null, cooldown: number, now: Date): Date | null {
  if (!challengedAt || cooldown === 0) return null
  const nextAt = new Date(notAfter(challengedAt, now).getTime() + cooldown * 1000)
  return now < nextAt ? nextAt : null
}
