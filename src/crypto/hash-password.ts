import { hash, verify } from '@node-rs/argon2'
import { availableParallelism } from 'node:os'

// A hash keeps a core busy for tens of milliseconds. One core remains free for the event loop
// and the database; further hashes wait.
const limit = Math.max(1, availableParallelism() - 1)
const waiting: (() => void)[] = []
let running = 0

async function runLimited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}

/** Hashes a password with argon2id and the library's defaults (m = 19 MiB, t = 2, p = 1, as OWASP recommends). */
export function hashPassword(password: string): Promise<string> {
  return runLimited(() => hash(normalisePassword(password)))
}

/**
 * Normalises a password to NFC, because keyboards and systems encode the same character
 * differently (NIST SP 800-63B-4 §3.1.1.2, RFC 8265 §4.2). NFKC would make different passwords
 * equal.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC')
}

let dummy: Promise<string> | undefined

/** `as_typed`: the hash was created before passwords were normalised, and should be renewed. */
export type PasswordMatch = 'no' | 'normalised' | 'as_typed'

/**
 * Compares a password with the stored hash: its normalised form, then the typed text if that
 * differs. The number of comparisons depends only on the typed text. Without a hash (unknown
 * email address, no password set) it compares with a dummy and returns `no` (ASVS 6.3.8).
 */
export async function matchPassword(stored: string | null, typed: string): Promise<PasswordMatch> {
  dummy ??= hash('no such user')
  const against = stored ?? (await dummy)
  const normalised = normalisePassword(typed)
  const isNormalised = await runLimited(() => verify(against, normalised))
  const isTyped = normalised !== typed && (await runLimited(() => verify(against, typed)))
  if (stored === null) return 'no'
  if (isNormalised) return 'normalised'
  return isTyped ? 'as_typed' : 'no'
}

/** Takes as long as one comparison, for a login without an account when the host application would compare once. */
export async function spendComparison(typed: string): Promise<void> {
  dummy ??= hash('no such user')
  const against = await dummy
  await runLimited(() => verify(against, typed))
}

/** Whether {@link matchPassword} finds a match. */
export async function verifyPassword(stored: string | null, typed: string): Promise<boolean> {
  return (await matchPassword(stored, typed)) !== 'no'
}
