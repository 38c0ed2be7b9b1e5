import { randomBytes } from 'node:crypto'
import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../../otp/otp.js'

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

/** Whose a challenge is, and which one it replaces. */
export interface ChallengeOwner {
  /** Null: nobody is known yet. */
  userId: number | null
  /** The ID of the challenge that the session had before: a session asks one question at a time. */
  replaces?: string | null
}

/**
 * How many questions of one purpose a person can have at once, each in a session of its own. Answers
 * have more room, because anyone who has the password can ask for them.
 */
export const AT_ONCE: Readonly<Record<ChallengePurpose, number>> = { add: 3, verify: 100, sign_in: 100 }

/**
 * Makes a challenge that works once, for five minutes, and removes those that expired, the one
 * it replaces, and the oldest of this person's if there are too many.
 */
export async function createChallenge(
  otp: Otp,
  purpose: ChallengePurpose,
  { userId, replaces = null }: ChallengeOwner = { userId: null },
): Promise<CreatedChallenge> {
  const now = otp.clock.now()
  const challenge = randomBytes(CHALLENGE_BYTES).toString('base64url')
  const hash = otp.keys.hash('webauthn_challenges', challenge)
  const expiresAt = new Date(now.getTime() + CHALLENGE_SECONDS * 1000)
  const values = { now, hash, purpose, expiresAt, userId, replaces, kept: AT_ONCE[purpose] - 1 }
  const [row] = await runStatement<{ id: string }>(otp.database, undefined, CREATE, values)
  if (!row) throw new Error('The new challenge has no row.')
  return { id: row.id, challenge }
}

const CREATE = `
with stale as (select id from webauthn_challenges where expires_at <= $now limit 100 for update skip locked),
swept as (delete from webauthn_challenges where id in (select id from stale)),
replaced as (delete from webauthn_challenges where id::text = $replaces or id in (
  select id from webauthn_challenges where user_id = $userId and purpose = $purpose
  order by id desc offset $kept
))
insert into webauthn_challenges (challenge_hash, purpose, expires_at, user_id)
values ($hash, $purpose, $expiresAt, $userId)
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
export async function consumeRegistrationChallenge(
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
  and expires_at <= $now::timestamptz + 2 * interval '5 minutes'
returning 1`
