import { type Origin, nowhere } from '../origin.js'
import { askDevice, type Asking, kindWorld } from './ask-device.js'
import type { Verification } from './device.js'
import { type EnrolmentRight, mayEnrol } from './devices-for-user.js'
import { anyone, type Asker } from './failures.js'
import { type Opening, orNothingOpened } from './opening.js'
import type { Otp } from './otp.js'
import { parsePersistentId } from './persistent-id.js'
import { withPrepared } from './prepare-token.js'
import { lockDevices } from './sql/lock-devices.js'

/** One token for one device. */
export interface TokenSubmission {
  userId: number
  /** A persistent id as it came in; anything that is not one of this user's devices is refused. */
  deviceId: string
  /** As typed. */
  token: string
  /** The id that `generateChallenge` gave to this session. */
  challenge?: string | null
  origin?: Origin
  /** Who submits it, which decides whose failures make it wait. Left out: someone whose password was right. */
  asker?: Asker
  /** What the token opens, in the same commit. */
  opens?: Opening
}

/**
 * The one door: asks one confirmed device about one token. Owner and device are locked, the
 * wait is checked, the kind judges, and what it decided is saved with the handlers of
 * `userVerified` in one commit. A refusal is a value, so that the failure it counted stays.
 *
 * @returns the device, or why not: `invalid_token`, `n_failed_attempts` with `lockedUntil`, or
 * `verification_not_allowed` where whoever the kind asks outside did not answer, or is being asked
 * about another token of this user
 * @example const verification = await verifyToken(otp, { userId: 1, deviceId: 'totp/3', token: '123456' })
 */
export async function verifyToken(otp: Otp, submission: TokenSubmission): Promise<Verification> {
  return askNamedDevice(otp, submission, 'verify')
}

/** The first token of a device that is being enrolled. */
export interface Enrolment extends TokenSubmission, EnrolmentRight {}

/**
 * The same door for a device that is being enrolled: the first token it accepts confirms it,
 * and is spent. It verifies nobody before that. A device that was disabled is not confirmed again.
 *
 * @example await confirmDevice(otp, { userId: 1, deviceId: 'totp/4', token: '123456', onlyAsFirst: true })
 */
export async function confirmDevice(otp: Otp, enrolment: Enrolment): Promise<Verification> {
  return askNamedDevice(otp, enrolment, 'enrol')
}

/** A wrong code during setup makes nobody wait who signs in, and the other way round. */
const setUp: Asker = { lane: 'set_up' }

async function askNamedDevice(otp: Otp, submission: Enrolment, purpose: Asking['purpose']): Promise<Verification> {
  const { userId, token, origin = nowhere, challenge = null, opens } = submission
  const named = parsePersistentId(submission.deviceId)
  const kind = otp.kinds.find((candidate) => candidate.name === named?.kind)
  if (!named || !kind) return { ok: false, reason: 'invalid_token' }
  const asker = purpose === 'enrol' ? setUp : (submission.asker ?? anyone)
  const world = kindWorld(otp, challenge, purpose)
  const wanted = { kind, userId, deviceId: named.id, confirmed: purpose === 'verify' }
  return withPrepared(otp, [wanted], { token, world, asker }, (prepared) =>
    orNothingOpened(() =>
      otp.database.sequelize.transaction(async (transaction): Promise<Verification> => {
        const [locked] = await lockDevices(otp, transaction, wanted, token, world)
        if (!locked) return { ok: false, reason: 'invalid_token' }
        if (!(await mayEnrol(otp, transaction, userId, submission)))
          return { ok: false, reason: 'verification_not_allowed' }
        const asking = { token, origin, world, purpose, asker, prepared: prepared.get(kind), opens }
        return askDevice(otp, transaction, locked, asking)
      }),
    ),
  )
}
