import { createHook } from 'node:async_hooks'
import { hash } from '@node-rs/argon2'
import { describe, expect, it } from 'vitest'
import { createHostUsers } from '../../src/auth/host-users/host-users.js'
import { systemClock } from '../../src/clock.js'
import { matchPassword } from '../../src/crypto/hash-password.js'
import { openTestDatabase } from '../support/database.js'

const composed = 'Z\u00fcrich-Caf\u00e9-2026'
const decomposed = composed.normalize('NFD')

/** The name that Node.js gives to work of a native addon (here argon2) in another thread. */
const NATIVE = 'undefined'

/** Counts the hashes that are computed during `run`. */
async function countHashes(run: () => Promise<unknown>): Promise<number> {
  let count = 0
  const hook = createHook({ init: (_id, type) => void (type === NATIVE && (count += 1)) }).enable()
  await run()
  hook.disable()
  return count
}

describe('the number of password hashes', () => {
  it.each([
    [composed, 1],
    [decomposed, 2],
    ['plain password', 1],
  ])('is the same for every account if %j is entered', async (typed, times) => {
    // The hash for unknown users is computed once.
    await matchPassword(null, typed)
    const hashes = [await hash('another password'), await hash(typed), await hash(typed.normalize('NFC')), null]
    for (const stored of hashes) expect(await countHashes(() => matchPassword(stored, typed))).toBe(times)
  })

  it('is one for a login unknown to the host application, whose own check computes one', async () => {
    const database = await openTestDatabase()
    const adapter = { findByLogin: async () => null, find: async () => null, checkPassword: async () => false }
    const users = createHostUsers(adapter, { database, clock: systemClock })
    const { check } = await users.findLogin('nobody@example.com')
    for (const typed of [composed, decomposed]) expect(await countHashes(() => check(typed))).toBe(1)
    await database.close()
  })
})
