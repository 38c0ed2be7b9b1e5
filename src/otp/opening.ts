import type { Transaction } from 'sequelize'
import type { Device } from './device.js'

/**
 * What an accepted token is for: runs in the transaction that uses the token up, on its
 * connection, before anyone is told. False: it came to nothing, so the token is not used up
 * either, no failure is counted, and the answer is `verification_not_allowed`.
 */
export type Opening = (transaction: Transaction, device: Device) => Promise<boolean>

/** Undoes a transaction whose token opened nothing. */
export class NothingOpened extends Error {}

/** Runs the transaction of a verification; what an opening has undone is a refusal. */
export async function orNothingOpened<Outcome>(
  work: () => Promise<Outcome>,
): Promise<Outcome | { ok: false; reason: 'verification_not_allowed' }> {
  try {
    return await work()
  } catch (fault) {
    if (fault instanceof NothingOpened) return { ok: false, reason: 'verification_not_allowed' }
    throw fault
  }
}
