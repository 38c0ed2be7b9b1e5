import { hash, verify } from '@node-rs/argon2'
import { availableParallelism } from 'node:os'

// A hash keeps a core busy for tens of milliseconds. One core stays free for the
// event loop and the database; what comes on top waits its turn here.
const limit = Math.max(1, availableParallelism() - 1)
const waiting: (() => void)[] = []
let running = 0

async function oneOfFew<T>(work: () => Promise<T>): Promise<T> {
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

/** argon2id at the library's defaults (m = 19 MiB, t = 2, p = 1: OWASP's first choice). */
export function hashPassword(password: string): Promise<string> {
  return oneOfFew(() => hash(normalisePassword(password)))
}

/**
 * One spelling of what other keyboards and systems type as other characters (NIST SP 800-63B-4
 * §3.1.1.2, RFC 8265 §4.2: NFC). NFKC would make different passwords equal.
 */
export function normalisePassword(password: string): string {
  return password.normalize('NFC')
}

let dummy: Promise<string> | undefined

/** `as_typed`: the hash was made before passwords were normalised, so it should be made again. */
export type PasswordMatch = 'no' | 'normalised' | 'as_typed'

/**
 * Compares a password with the stored hash: its normalised form, then what was typed if that
 * differs. How many comparisons that takes depends on the typed text alone. Without a hash
 * (unknown address, no password set) they are made with a dummy, and the answer is `no` (ASVS 6.3.8).
 */
export async function matchPassword(stored: string | null, typed: string): Promise<PasswordMatch> {
  dummy ??= hash('no such user')
  const against = stored ?? (await dummy)
  const normalised = normalisePassword(typed)
  const isNormalised = await oneOfFew(() => verify(against, normalised))
  const isTyped = normalised !== typed && (await oneOfFew(() => verify(against, typed)))
  if (stored === null) return 'no'
  if (isNormalised) return 'normalised'
  return isTyped ? 'as_typed' : 'no'
}

/** Takes as long as one comparison: for a login that nobody has, where a host application compares once. */
export async function spendComparison(typed: string): Promise<void> {
  dummy ??= hash('no such user')
  const against = await dummy
  await oneOfFew(() => verify(against, typed))
}

/** Whether {@link matchPassword} finds a match. */
export async function verifyPassword(stored: string | null, typed: string): Promise<boolean> {
  return (await matchPassword(stored, typed)) !== 'no'
}
