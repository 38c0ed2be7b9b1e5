import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { isRunning } from '../clock.js'
import type { Keyring } from '../crypto/keyring.js'
import type { KindOutcome } from './device.js'
import type { KindWorld } from './kinds/kind.js'
import { isCode, sameCode } from './oath.js'
import { readCode } from '../typed-text/read-code.js'

/** NIST SP 800-63B-4 §3.1.3 allows ten minutes; five are enough for a message. */
export const CODE_VALID_SECONDS = 300

const CODE_DIGITS = 6

/** After so many wrong guesses a code is void, whatever the throttle says. */
const GUESSES = 5

/** The columns that every interactive device has. */
export interface ChallengeState {
  code_hash: string | null
  code_expires_at: Date | null
  /** Wrong guesses at this code so far. */
  code_attempts: number
}

/** The same for a kind's row. */
export const challengeRow = {
  code_hash: z.string().nullable(),
  code_expires_at: z.date().nullable(),
  code_attempts: z.number(),
}

/** SQL of these columns; `d` is the device. */
export const challengeColumns = 'd.code_hash, d.code_expires_at, d.code_attempts'

/** Six random digits, as text: `012345` keeps its zero. */
export function randomCode(): string {
  return String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
}

/** What is stored of a code: bound by the challenge's id to the session that asked for it. */
export function hashCode(keys: Keyring, challenge: string, code: string): string {
  return keys.hash('challenge', `${challenge}:${code}`)
}

/** Whether a typed text could be such a code. */
export function couldBeCode(typed: string): boolean {
  return isCode(readCode(typed), CODE_DIGITS)
}

/**
 * Judges a typed code: of this session's challenge, not expired, not guessed at too often.
 * Accepting it voids it and ends the cooldown.
 */
export function judgeCode(state: ChallengeState, typed: string, { now, keys, challenge }: KindWorld): KindOutcome {
  const { code_hash: hash, code_expires_at: expiresAt, code_attempts: attempts } = state
  if (!hash || !expiresAt || !challenge) return { accepted: false, because: 'no_code' }
  if (!isRunning(expiresAt, CODE_VALID_SECONDS, now)) return { accepted: false, because: 'code_expired' }
  if (attempts >= GUESSES) return { accepted: false, because: 'code_void' }
  keys.requireKnown(hash)
  const code = readCode(typed)
  const matches = keys.hashes('challenge', `${challenge}:${code}`).some((candidate) => sameCode(candidate, hash))
  if (!couldBeCode(typed) || !matches) return { accepted: false, changes: { code_attempts: attempts + 1 } }
  return {
    accepted: true,
    changes: { code_hash: null, code_expires_at: null, code_attempts: 0, challenged_at: null, delivery: null },
  }
}
