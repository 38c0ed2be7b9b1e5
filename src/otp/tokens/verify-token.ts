import { isUniqueViolation } from '../../db/is-unique-violation.js'
import { type ClientInfo, noClient } from '../../client-info.js'
import { hasRoomFor, tooManyDevices } from '../devices/device-limit.js'
import type { Verification } from '../device.js'
import { type EnrolmentRight, mayEnrol } from '../devices/devices-for-user.js'
import { parsePersistentId } from '../devices/persistent-id.js'
import type { Otp } from '../otp.js'
import { lockDevices } from '../sql/lock-devices.js'
import { anyone, type Asker } from '../throttle/failures.js'
import { type Opening, orNothingOpened } from '../throttle/opening.js'
import { withPreparedTokens } from './prepare-tokens.js'
import { verifyLockedDevice, type VerificationRequest, kindContext } from './verify-locked-device.js'

/** One token for one device. */
export interface TokenSubmission {
  userId: number
  /** A persistent ID as submitted. Anything that is not one of this user's devices is rejected. */
  deviceId: string
  /** As typed. */
  token: string
  /** The ID that `generateChallenge` returned for this session. */
  challenge?: string | null
  client?: ClientInfo
  /** The requester, whose failures make them wait. Default: someone whose password was correct. */
  asker?: Asker
  /** Runs in the transaction of an accepted token. */
  opens?: Opening
}

/**
 * Verifies one token against one active device. In a single transaction it locks the owner and the
 * device, checks the throttle, lets the kind verify the token, saves the result and runs the
 * `userVerified` handlers. An accepted token cannot be used again (RFC 6238 §5.2, RFC 4226 §7.2). A
 * rejection is returned, not thrown, so that the counted failure is committed.
 *
 * @param otp `site.otp`
 * @param submission whose device, its persistent ID, and the token as typed
 * @returns the device. If not ok: `invalid_token`; `n_failed_attempts` with `failureCount` and
 *   `lockedUntil`; `verification_not_allowed` if this is not an active device of this user, or a
 *   server that the kind asks did not answer in five seconds, or is asked about another token of
 *   this user
 * @throws what a `userVerified` handler throws; the verification is undone then
 * @example
 * const verification = await verifyToken(site.otp, { userId: 1, deviceId: 'totp/3', token: '123456' })
 * if (!verification.ok) console.log(verification.reason)
 */
export async function verifyToken(otp: Otp, submission: TokenSubmission): Promise<Verification> {
  return askNamedDevice(otp, submission, 'verify')
}

/** The first token of a device that is being set up. */
export interface Enrolment extends TokenSubmission, EnrolmentRight {}

/**
 * Confirms a device during its setup: the same as {@link verifyToken} for a device that is
 * unconfirmed. The first token that it accepts activates it and is used up. A device that was
 * disabled is not confirmed again.
 *
 * @param otp `site.otp`
 * @param enrolment like a submission; `onlyAsFirst` rejects it if the user already has a device
 * @returns the device, now active; the reasons are those of `verifyToken`. `verification_not_allowed` also if the user
 *   has 20 devices of this kind already, or if the database has another device with a value that must be unique
 * @throws what a `userVerified` handler throws; the confirmation is undone then
 * @example await confirmDevice(site.otp, { userId: 1, deviceId: 'totp/4', token: '123456', onlyAsFirst: true })
 */
export async function confirmDevice(otp: Otp, enrolment: Enrolment): Promise<Verification> {
  try {
    return await askNamedDevice(otp, enrolment, 'enrol')
  } catch (error) {
    // A device with a value that only one of the kind can have was confirmed at the same moment.
    const table = otp.kinds.find(({ name }) => name === parsePersistentId(enrolment.deviceId)?.kind)?.table
    if (table !== undefined && isUniqueViolation(error, table)) return { ok: false, reason: 'verification_not_allowed' }
    throw error
  }
}

/** A wrong code during a setup causes no wait at sign-in, and the other way round. */
const setupAsker: Asker = { lane: 'set_up' }

async function askNamedDevice(
  otp: Otp,
  submission: Enrolment,
  purpose: VerificationRequest['purpose'],
): Promise<Verification> {
  const { userId, token, client = noClient, challenge = null, opens } = submission
  const named = parsePersistentId(submission.deviceId)
  const kind = otp.kinds.find((candidate) => candidate.name === named?.kind)
  if (!named || !kind) return { ok: false, reason: 'invalid_token' }
  const asker = purpose === 'enrol' ? setupAsker : (submission.asker ?? anyone)
  const context = kindContext(otp, challenge, purpose)
  const selector = { kind, userId, deviceId: named.id, confirmed: purpose === 'verify' }
  return withPreparedTokens(otp, [selector], { token, context, asker }, (prepared) =>
    orNothingOpened(() =>
      otp.database.sequelize.transaction(async (transaction): Promise<Verification> => {
        const [locked] = await lockDevices(otp, transaction, selector, token, context)
        if (!locked) return { ok: false, reason: 'invalid_token' }
        if (!(await mayEnrol(otp, transaction, userId, submission)))
          return { ok: false, reason: 'verification_not_allowed' }
        if (purpose === 'enrol' && !(await hasRoomFor(otp, transaction, kind, userId))) return tooManyDevices
        const request = { token, client, context, purpose, asker, prepared: prepared.get(kind), opens }
        return verifyLockedDevice(otp, transaction, locked, request)
      }),
    ),
  )
}
