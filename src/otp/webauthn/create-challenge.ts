import { randomBytes } from 'node:crypto'
import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../otp.js'

/** A person needs time to fetch the key and to type its PIN; WebAuthn §15.1 recommends five minutes and more. */
export const CHALLENGE_SECONDS = 300

/** ASVS 6.7.2 wants 64 bits, WebAuthn §13.4.3 128. */
const CHALLENGE_BYTES = 32

/** What a challenge is for. An answer to one is worth nothing for another. */
export type ChallengePurpose = 'add' | 'verify' | 'sign_in'

export interface CreatedChallenge {
  /** What the session keeps. */
  id: string
  /** What the key signs, base64url. */
  challenge: string
}

/** Makes a challenge that works once, for five minutes, and sweeps away those that work no longer. */
export async function createChallenge(otp: Otp, purpose: ChallengePurpose): Promise<CreatedChallenge> {
  const now = otp.clock.now()
  const challenge = randomBytes(CHALLENGE_BYTES).toString('base64url')
  const hash = otp.keys.hash('webauthn_challenges', challenge)
  const expiresAt = new Date(now.getTime() + CHALLENGE_SECONDS * 1000)
  const values = { now, hash, purpose, expiresAt }
  const [row] = await runStatement<{ id: string }>(otp.database, undefined, CREATE, values)
  if (!row) throw new Error('The new challenge has no row.')
  return { id: row.id, challenge }
}

const CREATE = `
with stale as (select id from webauthn_challenges where expires_at <= $now limit 100 for update skip locked),
swept as (delete from webauthn_challenges where id in (select id from stale))
insert into webauthn_challenges (challenge_hash, purpose, expires_at) values ($hash, $purpose, $expiresAt)
returning id::text`

/** The hashes by which the row of a challenge is found. */
export function challengeHashes(keys: Otp['keys'], challenge: string): string[] {
  return keys.hashes('webauthn_challenges', challenge)
}

/**
 * Uses a challenge for a new key up. Whoever deletes its row has used it.
 *
 * @param id what the session kept
 * @returns whether it was there, for that, and in time
 */
export async function spendAddChallenge(
  otp: Otp,
  transaction: Transaction,
  { id, challenge }: CreatedChallenge,
): Promise<boolean> {
  const values = { id, hashes: challengeHashes(otp.keys, challenge), now: otp.clock.now() }
  return (await runStatement(otp.database, transaction, SPEND, values)).length === 1
}

const SPEND = `
delete from webauthn_challenges
where id::text = $id and purpose = 'add' and challenge_hash = any($hashes) and expires_at > $now
returning 1`
