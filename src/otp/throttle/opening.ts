import type { Transaction } from 'sequelize'
import type { Device } from '../device.js'

/**
 * What an accepted token is used for. Runs in the transaction that consumes the token, before any
 * event is emitted. If it returns false, the token is not consumed, no failure is counted, and
 * the result is `verification_not_allowed`.
 */
export type Opening = (transaction: Transaction, device: Device) => Promise<boolean>

/** Rolls back a transaction whose opening returned false. */
export class NothingOpened extends Error {}

/** Runs the transaction of a verification, and returns a rejection if an opening rolled it back. */
export async function orNothingOpened<Outcome>(
  work: () => Promise<Outcome>,
): Promise<Outcome | { ok: false; reason: 'verification_not_allowed' }> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NothingOpened) return { ok: false, reason: 'verification_not_allowed' }
    throw error
  }
}
