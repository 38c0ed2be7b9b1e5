import type { Transaction } from 'sequelize'
import { type ClientInfo, noClient } from '../../client-info.js'
import {
  acceptToken,
  type KindVerdict,
  type VerificationRequest,
  verifyWithKind,
  kindContext,
  rejectWithKind,
} from './verify-locked-device.js'
import type { NotAllowedReason, Verification } from '../device.js'
import { anyone, type Asker } from '../throttle/failures.js'
import type { KindContext } from '../kind-registry/kind.js'
import { type Opening, orNothingOpened } from '../throttle/opening.js'
import type { Otp } from '../otp.js'
import { withPreparedTokens } from './prepare-tokens.js'
import { lockDevices, type DeviceSelector } from '../sql/lock-devices.js'
import type { LockedDevice } from '../sql/locked-device.js'
import { savePassedOver } from '../sql/save-outcome.js'
import { withFailedToken } from '../throttle/throttle.js'

/** A token from an unknown device of a user. */
export interface TokenToMatch {
  userId: number
  /** As typed. */
  token: string
  client?: ClientInfo
  /** The requester. Default: someone whose password was correct. */
  asker?: Asker
  /** Runs in the transaction of an accepted token. */
  opens?: Opening
}

/**
 * Verifies a token against each of a user's active devices in turn, until one accepts it. Kinds that
 * cannot have such a token, or that send a challenge first, are skipped. If none accepts it, every
 * device that it was compared with counts one failure, and each counts towards the account's limit.
 * Use {@link verifyToken} if the device is known.
 *
 * @param otp `site.otp`
 * @param match whose token, as typed
 * @returns the device that accepted it. If not ok: `invalid_token`, `n_failed_attempts` with
 *   `lockedUntil`, or `verification_not_allowed`
 * @example const verification = await matchToken(site.otp, { userId: 1, token: '123456' })
 */
export async function matchToken(otp: Otp, match: TokenToMatch): Promise<Verification> {
  const { userId, token, client = noClient, asker = anyone, opens } = match
  const context = kindContext(otp, null)
  const candidates = otp.kinds
    .filter((kind) => !kind.challenge && !kind.answersChallenge && kind.matchesFormat(token))
    .map((kind): DeviceSelector => ({ kind, userId, deviceId: null, confirmed: true }))
  return withPreparedTokens(otp, candidates, { token, context, asker }, (prepared) =>
    orNothingOpened(() =>
      otp.database.sequelize.transaction(async (transaction) => {
        const devices = await lockCandidates(otp, transaction, candidates, token, context)
        return verifyInTurn(otp, transaction, devices, (locked) => {
          return { token, client, context, asker, purpose: 'verify', prepared: prepared.get(locked.kind), opens }
        })
      }),
    ),
  )
}

type Rejected = { locked: LockedDevice; outcome: Extract<KindVerdict, { verdict: 'rejected' }>['outcome'] }

/** Tries the devices in turn. Failures are counted only after all of them, because an accepted token was not a guess. */
async function verifyInTurn(
  otp: Otp,
  transaction: Transaction,
  devices: readonly LockedDevice[],
  requestFor: (locked: LockedDevice) => VerificationRequest,
): Promise<Verification> {
  const rejected: Rejected[] = []
  const waits: NotAllowedReason[] = []
  for (const device of devices) {
    const locked = withPending(device, rejected, requestFor(device))
    const result = await verifyWithKind(otp, locked, requestFor(device))
    if (result.verdict === 'rejected') rejected.push({ locked, outcome: result.outcome })
    if (result.verdict === 'not_checked' && result.rejection.reason !== 'invalid_token') waits.push(result.rejection)
    if (result.verdict !== 'accepted') continue
    const accepted = await acceptToken(otp, transaction, device, result.outcome, requestFor(device))
    if (!accepted) continue
    for (const passed of rejected) await savePassedOver(otp, transaction, passed.locked)
    return accepted
  }
  await rejectAll(otp, transaction, rejected, requestFor)
  const [wait] = waits
  if (rejected.length === 0 && wait) return { ok: false, ...wait }
  const because = rejected.map(({ outcome }) => outcome.because).find((each) => each)
  return { ok: false, reason: 'invalid_token', ...(because && { because }) }
}

/** Adds the rejections of this request to the account's lock, so that they cannot exceed it together. */
function withPending(
  locked: LockedDevice,
  rejected: readonly Rejected[],
  { asker, context }: VerificationRequest,
): LockedDevice {
  const failed = rejected.reduce(
    (all, each) => withFailedToken(all, { at: context.now, lane: each.locked.kind.unguessable ? 'none' : asker.lane }),
    locked.owner.failed,
  )
  return { ...locked, owner: { ...locked.owner, failed } }
}

async function rejectAll(
  otp: Otp,
  transaction: Transaction,
  rejected: readonly Rejected[],
  requestFor: (locked: LockedDevice) => VerificationRequest,
): Promise<void> {
  let owner = rejected[0]?.locked.owner
  for (const { locked, outcome } of rejected) {
    const current = { ...locked, owner: owner ?? locked.owner }
    owner = (await rejectWithKind(otp, transaction, current, outcome, requestFor(locked))).owner
  }
}

async function lockCandidates(
  otp: Otp,
  transaction: Transaction,
  candidates: readonly DeviceSelector[],
  token: string,
  context: KindContext,
): Promise<LockedDevice[]> {
  const devices: LockedDevice[] = []
  for (const selector of candidates) devices.push(...(await lockDevices(otp, transaction, selector, token, context)))
  return devices
}
