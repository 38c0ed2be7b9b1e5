import type { Transaction } from 'sequelize'
import { type Origin, nowhere } from '../origin.js'
import { askDevice, kindWorld } from './ask-device.js'
import type { Verification } from './device.js'
import type { KindWorld } from './kinds/kind.js'
import type { Otp } from './otp.js'
import { withPrepared } from './prepare-token.js'
import { lockDevices, type LockedDevice, type Wanted } from './sql/lock-devices.js'

/** A token of which nobody knows whose device it is from. */
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
  const world = kindWorld(otp, null)
  const candidates = otp.kinds
    .filter((kind) => !kind.challenge && !kind.answersChallenge && kind.couldBe(token))
    .map((kind): Wanted => ({ kind, userId, deviceId: null, confirmed: true }))
  return withPrepared(otp, candidates, token, world, (prepared) =>
    otp.database.sequelize.transaction(async (transaction) => {
      const devices = await lockCandidates(otp, transaction, candidates, token, world)
      let refusal: Verification = { ok: false, reason: 'invalid_token' }
      for (const [index, locked] of devices.entries()) {
        const asking = { token, origin, world, purpose: 'verify', prepared: prepared.get(locked.kind) } as const
        const verification = await askDevice(otp, transaction, locked, asking)
        if (verification.ok) return verification
        refusal = index === 0 || verification.reason === 'invalid_token' ? verification : refusal
      }
      return refusal
    }),
  )
}

async function lockCandidates(
  otp: Otp,
  transaction: Transaction,
  candidates: readonly Wanted[],
  token: string,
  world: KindWorld,
): Promise<LockedDevice[]> {
  const devices: LockedDevice[] = []
  for (const wanted of candidates) devices.push(...(await lockDevices(otp, transaction, wanted, token, world)))
  return devices
}
