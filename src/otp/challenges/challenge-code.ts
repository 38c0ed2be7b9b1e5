import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { isRunning } from '../../clock.js'
import type { Keyring } from '../../crypto/keyring.js'
import type { KindOutcome } from '../device.js'
import type { KindContext } from '../kind-registry/kind.js'
import { isCode, codesEqual } from '../tokens/oath.js'
import { readCode } from '../../typed-text/read-code.js'

/** NIST SP 800-63B-4 §3.1.3 allows ten minutes; five are enough for a message. */
export const CODE_VALID_SECONDS = 300

const CODE_DIGITS = 6

/** Wrong attempts after which a code is void, even if the device is not throttled. */
const GUESSES = 5

/** The columns that every interactive device has. */
export interface ChallengeState {
  code_hash: string | null
  code_expires_at: Date | null
  /** Wrong attempts at this code. */
  code_attempts: number
  /** An earlier code that was sent. It is valid until a newer one was sent as well. */
  sent_code_hash: string | null
  sent_code_expires_at: Date | null
  sent_code_attempts: number
}

/** The schema of these columns, for a kind's row. */
export const challengeRowSchema = {
  code_hash: z.string().nullable(),
  code_expires_at: z.date().nullable(),
  code_attempts: z.number(),
  sent_code_hash: z.string().nullable(),
  sent_code_expires_at: z.date().nullable(),
  sent_code_attempts: z.number(),
}

/** SQL that selects these columns from the device `d`. */
export const challengeColumnsSql = `d.code_hash, d.code_expires_at, d.code_attempts,
  d.sent_code_hash, d.sent_code_expires_at, d.sent_code_attempts`

/** Generates six random digits as text, because `012345` starts with a zero. */
export function generateCode(): string {
  return String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0')
}

/** Hashes a code for storage. The challenge's ID binds it to the session that requested it. */
export function hashCode(keys: Keyring, challenge: string, code: string): string {
  return keys.hash('challenge', `${challenge}:${code}`)
}

/** Whether a typed text has the format of such a code. */
export function looksLikeCode(typed: string): boolean {
  return isCode(readCode(typed), CODE_DIGITS)
}

/**
 * Verifies a typed code: it must be from this session's challenge, not expired, and without too many
 * wrong attempts. An accepted code is consumed, and the cooldown ends.
 */
export function verifyCode(state: ChallengeState, typed: string, context: KindContext): KindOutcome {
  const outcome = verifyNewest(state, typed, context)
  const older = olderCode(state)
  if (outcome.accepted || !older) return outcome
  const earlier = verifyNewest(older, typed, context)
  if (earlier.accepted) return earlier
  const counted = earlier.changes ? { sent_code_attempts: older.code_attempts + 1 } : {}
  return { ...outcome, changes: { ...outcome.changes, ...counted } }
}

/** Returns the state with the code sent before the newest in place of the newest. Null if there is none. */
function olderCode(state: ChallengeState): ChallengeState | null {
  const { sent_code_hash: code_hash, sent_code_expires_at: code_expires_at, sent_code_attempts: code_attempts } = state
  return code_hash === null ? null : { ...state, code_hash, code_expires_at, code_attempts }
}

/** Whether the code that was sent before the newest can still be entered. */
export function hasOlderCode(
  state: Pick<ChallengeState, 'sent_code_hash' | 'sent_code_expires_at' | 'sent_code_attempts'>,
  now: Date,
): boolean {
  const { sent_code_hash: hash, sent_code_expires_at: expiresAt, sent_code_attempts: attempts } = state
  return hash !== null && expiresAt !== null && isRunning(expiresAt, CODE_VALID_SECONDS, now) && attempts < GUESSES
}

function verifyNewest(state: ChallengeState, typed: string, { now, keys, challenge }: KindContext): KindOutcome {
  const { code_hash: hash, code_expires_at: expiresAt, code_attempts: attempts } = state
  if (!hash || !expiresAt || !challenge) return { accepted: false, because: 'no_code' }
  if (!isRunning(expiresAt, CODE_VALID_SECONDS, now)) return { accepted: false, because: 'code_expired' }
  if (attempts >= GUESSES) return { accepted: false, because: 'code_void' }
  keys.requireKnown(hash)
  const code = readCode(typed)
  const matches = keys.hashes('challenge', `${challenge}:${code}`).some((candidate) => codesEqual(candidate, hash))
  if (!looksLikeCode(typed) || !matches) return { accepted: false, changes: { code_attempts: attempts + 1 } }
  return {
    accepted: true,
    changes: {
      code_hash: null,
      code_expires_at: null,
      code_attempts: 0,
      challenged_at: null,
      delivery: null,
      sent_code_hash: null,
      sent_code_expires_at: null,
      sent_code_attempts: 0,
    },
  }
}

/**
 * The parts of a kind that sends codes, for `defineKind`. The site generates and stores the codes,
 * and the kind delivers them.
 *
 * @example
 * defineKind({
 *   name: 'pager',
 *   columns: `d.number, ${deliveredCode.columns}`,
 *   row: z.object({ ...deliveredCode.row, number: z.string() }),
 *   matchesFormat: deliveredCode.matchesFormat,
 *   verify: (row, token, context) => deliveredCode.verify(row, token, context),
 *   challenge: { target: (row) => row.number, send: ({ to, code }) => page(to, code) },
 *   migrations: [{ name: '0001', up: ({ sequelize }, transaction) => sequelize.query(
 *     createDeviceTable('pager', `number text not null, ${deliveredCode.tableColumns}`), { transaction }) }],
 *   …
 * })
 */
export const deliveredCode = {
  /** SQL that defines the columns for codes, for `createDeviceTable`. */
  tableColumns: `code_hash text, code_expires_at timestamptz, code_attempts smallint not null default 0,
  challenged_at timestamptz, delivery varchar(8), delivery_error varchar(64),
  sent_code_hash text, sent_code_expires_at timestamptz, sent_code_attempts smallint not null default 0`,
  /** SQL that selects them, for `columns`. */
  columns: challengeColumnsSql,
  /** Their schema, for `row`. */
  row: challengeRowSchema,
  /** Whether a text can be such a code, for `matchesFormat`. */
  matchesFormat: looksLikeCode,
  /** Verifies a code against the row, for `verify`. */
  verify: verifyCode,
} as const
