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
  return oneOfFew(() => hash(password))
}

let dummy: Promise<string> | undefined

/**
 * Compares a password with the stored hash. Without a hash (unknown address, no
 * password set) it spends the same time on a dummy and answers false (ASVS 6.3.8).
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  dummy ??= hash('no such user')
  const against = stored ?? (await dummy)
  const matches = await oneOfFew(() => verify(against, password))
  return matches && stored !== null
}
