import express, { type Request } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Auth } from '../../src/auth/auth.js'
import { type PasswordAttempt, type TakenAttempt, takePasswordAttempt } from '../../src/auth/password/password-limit.js'
import { createKeyring, type Keyring } from '../../src/crypto/keyring.js'
import { runStatement } from '../../src/db/run-statement.js'
import { clearPasswordWaits, siteLogin } from '../../src/otp/throttle/password-waits.js'
import { openSite } from '../security/open-site.js'
import { postgresUrl } from '../support/postgres-database.js'
import { createTestUser, type TestSite } from '../support/site.js'

const [K1, K2] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const alone = [createKeyring([K1])]
// While keys are exchanged, two processes count the attempts at one account in rows of different names.
const exchanging = [createKeyring([K1, K2]), createKeyring([K2, K1])]

/** At once, and fewer than those that have to wait. */
const ATTEMPTS = 8
const ROUNDS = 25

let site: TestSite
beforeAll(async () => void (site = await openSite()))
afterAll(() => site.close())

/** A request without cookies, as far as an attempt reads it. */
const request = (): Request => Object.create(express.request, { ip: { value: '198.51.100.7' }, headers: { value: {} } })

async function take(auth: Auth, attempt: PasswordAttempt): Promise<TakenAttempt> {
  const turn = await takePasswordAttempt(auth, request(), attempt)
  if (!turn.ok) throw new Error('The attempt has to wait.')
  return turn
}

/** Counts attempts at once, by the processes in turns, and ends them at once. @returns what failed */
async function race(
  keyrings: readonly Keyring[],
  attempt: PasswordAttempt,
  end: (auth: Auth, turn: TakenAttempt, place: number) => Promise<unknown>,
): Promise<unknown[]> {
  const processes = keyrings.map((keys): Auth => ({ ...site.auth, otp: { ...site.otp, keys } }))
  const senders = Array.from({ length: ATTEMPTS / processes.length }, () => processes).flat()
  const failed: unknown[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const turns = await Promise.all(senders.map(async (auth) => ({ auth, turn: await take(auth, attempt) })))
    const ended = await Promise.allSettled(turns.map(async ({ auth, turn }, place) => end(auth, turn, place)))
    failed.push(...ended.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : [])))
    // What failed left its attempts counted.
    if (failed.length > 0) break
  }
  return failed
}

/** What a correct password does. */
async function succeed(auth: Auth, turn: TakenAttempt): Promise<void> {
  for (const { sql, values } of turn.succeeded()) await runStatement(auth.database, undefined, sql, values)
}

async function atSignIn() {
  const { id, email } = await createTestUser(site, { app: false })
  return { subject: `user:${id}`, userId: id, login: siteLogin(email) } as const
}
const inSession = async () => ({ ...(await atSignIn()), login: null })
const unknownLogin = async () => ({ subject: null, userId: null, login: siteLogin('nobody@example.com') })

describe.skipIf(!postgresUrl())('attempts at one account at once', () => {
  it.each([
    ['at sign-in', atSignIn],
    ['in a session', inSession],
  ])('all succeed %s while keys are exchanged', async (_where, create) => {
    expect(await race(exchanging, await create(), succeed)).toEqual([])
  })

  it.each([
    ['at sign-in', atSignIn],
    ['in a session', inSession],
  ])('succeed %s while keys are exchanged and the waits are cleared', async (_where, create) => {
    const attempt = await create()
    const clear = (auth: Auth) =>
      site.database.sequelize.transaction((transaction) => clearPasswordWaits(auth.otp, transaction, attempt.userId))
    const failed = await race(exchanging, attempt, (auth, turn, place) => {
      return place % 4 < 2 ? clear(auth) : succeed(auth, turn)
    })
    expect(failed).toEqual([])
  })

  it.each([
    ['of a user while keys are exchanged', atSignIn, exchanging],
    ['with an unknown login', unknownLogin, alone],
    ['with an unknown login while keys are exchanged', unknownLogin, exchanging],
  ])('%s are refunded while others are counted', async (_which, create, keyrings) => {
    const attempt = await create()
    const failed = await race(keyrings, attempt, async (auth, turn, place) => {
      await turn.giveBack()
      if (place % 2 === 1) await (await take(auth, attempt)).giveBack()
    })
    expect(failed).toEqual([])
  })
})
