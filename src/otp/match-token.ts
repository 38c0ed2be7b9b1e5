import type { Transaction } from 'sequelize'
import { type Origin, nowhere } from '../origin.js'
import { askDevice, kindWorld } from './ask-device.js'
import type { Verification } from './device.js'
import type { KindWorld } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { lockDevices, type LockedDevice } from './sql/lock-devices.js'

export interface TokenToMatch {
  userId: number
  /** As typed. */
  token: string
  origin?: Origin
}

/**
 * Asks each of a user's confirmed devices in turn; the first that accepts ends it. Devices
 * whose kind cannot have such a token, or sends a challenge first, are passed over and count
 * no failure. Those asked in
 * vain before a success do count one, so prefer `verifyToken` where the device is known.
 *
 * @example const verification = await matchToken(otp, { userId: 1, token: '123456' })
 */
export async function matchToken(otp: Otp, { userId, token, origin = nowhere }: TokenToMatch): Promise<Verification> {
  return otp.database.sequelize.transaction(async (transaction) => {
    const world = kindWorld(otp, null)
    const devices = await lockCandidates(otp, transaction, userId, token, world)
    let refusal: Verification = { ok: false, reason: 'invalid_token' }
    for (const [index, locked] of devices.entries()) {
      const verification = await askDevice(otp, transaction, locked, { token, origin, world, purpose: 'verify' })
      if (verification.ok) return verification
      refusal = index === 0 || verification.reason === 'invalid_token' ? verification : refusal
    }
    return refusal
  })
}

async function lockCandidates(
  otp: Otp,
  transaction: Transaction,
  userId: number,
  token: string,
  world: KindWorld,
): Promise<LockedDevice[]> {
  const candidates: LockedDevice[] = []
  for (const kind of otp.kinds.filter((each) => !each.challenge && !each.answersChallenge && each.couldBe(token))) {
    const wanted = { kind, userId, deviceId: null, confirmed: true }
    candidates.push(...(await lockDevices(otp, transaction, wanted, token, world)))
  }
  return candidates
}
