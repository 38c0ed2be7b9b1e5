import { randomBytes } from 'node:crypto'
import type { Transaction } from 'sequelize'
import { runStatement } from '../../db/run-statement.js'
import type { Otp } from '../otp.js'

/** Time to fetch a key and enter its PIN. WebAuthn §15.1 recommends at least five minutes. */
export const CHALLENGE_SECONDS = 300

/** ASVS 6.7.2 requires 64 bits, WebAuthn §13.4.3 requires 128. */
const CHALLENGE_BYTES = 32

/** What a challenge is for. A response for one purpose is not accepted for another. */
export type ChallengePurpose = 'add' | 'verify' | 'sign_in'

export interface CreatedChallenge {
  /** Stored in the session. */
  id: string
  /** The value that the device signs, in base64url. */
  challenge: string
}

/** The user that a challenge is for, and the challenge that it replaces. */
export interface ChallengeOwner {
  /** Null: the user is not known yet. */
  userId: number | null
  /** The ID of the challenge that the session had before. A session has only one challenge at a time. */
  replaces?: string | null
  /** The custom kind whose devices can respond. If omitted, security keys. */
  kind?: string
}

/**
 * How many challenges of one purpose a user can have at once, each in a separate session. The
 * limit for signing in is higher, because anyone who has the password can request such a challenge.
 */
export const AT_ONCE: Readonly<Record<ChallengePurpose, number>> = { add: 3, verify: 100, sign_in: 100 }

/**
 * Creates a challenge that works once, within five minutes. It deletes expired challenges, the one
 * that it replaces, and the user's oldest ones if they have too many.
 */
export async function createChallenge(
  otp: Otp,
  purpose: ChallengePurpose,
  { userId, replaces = null, kind }: ChallengeOwner = { userId: null },
): Promise<CreatedChallenge> {
  const now = otp.clock.now()
  const challenge = randomBytes(CHALLENGE_BYTES).toString('base64url')
  const hash = otp.keys.hash(hashPurpose(kind), challenge)
  const expiresAt = new Date(now.getTime() + CHALLENGE_SECONDS * 1000)
  const values = { now, hash, purpose, expiresAt, userId, replaces, kept: AT_ONCE[purpose] - 1 }
  const [row] = await runStatement<{ id: string }>(otp.database, undefined, CREATE, values)
  if (!row) throw new Error('The challenge was not inserted.')
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

/** Hashes a challenge with every known key, to find its row. The hash of one kind's challenge is not the hash of another's. */
export function challengeHashes(keys: Otp['keys'], challenge: string, kind?: string): string[] {
  return keys.hashes(hashPurpose(kind), challenge)
}

/** The kind is not part of the hashed text, because a response can contain any text as its challenge. */
const hashPurpose = (kind: string | undefined) =>
  kind === undefined ? 'webauthn_challenges' : `webauthn_challenges.${kind}`

/**
 * Consumes a challenge for a new key by deleting its row, so that only one request can use it.
 *
 * @param id the ID that the session stored
 * @returns whether a valid challenge for this purpose existed
 */
export async function consumeRegistrationChallenge(
  otp: Otp,
  transaction: Transaction,
  { id, challenge }: CreatedChallenge,
): Promise<boolean> {
  const values = { id, hashes: challengeHashes(otp.keys, challenge), now: otp.clock.now() }
  return (await runStatement(otp.database, transaction, CONSUME, values)).length === 1
}

const CONSUME = `
delete from webauthn_challenges
where id::text = $id and purpose = 'add' and challenge_hash = any($hashes) and expires_at > $now
  and expires_at <= $now::timestamptz + 2 * interval '5 minutes'
returning 1`
