import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { Device, Verification } from '../../src/otp/device.js'
import { devicesForUser } from '../../src/otp/devices-for-user.js'
import { matchToken } from '../../src/otp/match-token.js'
import { verifyToken } from '../../src/otp/verify-token.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

/** What the suite must know of a kind: how to have a device of it, and what it would accept. */
export interface KindUnderTest {
  name: string
  table: string
  add(otp: TestOtp, userId: number): Promise<Device>
  /**
   * A token that the device accepts at the clock's present time, another one at each call; with
   * the challenge that the session keeps, for kinds that want one.
   */
  goodToken(otp: TestOtp, device: Device): Promise<string | AnsweredChallenge>
  /** Of the right shape, but never right. */
  wrongToken: string
}

interface AnsweredChallenge {
  token: string
  challenge: string
}

/** Every kind of device passes this, on every database. */
export function testKind(kind: KindUnderTest): void {
  describe.each(databaseKinds())(`a ${kind.name} device on the %s database`, (where) => {
    let database: Database
    let otp: TestOtp
    let userId: number
    let device: Device

    beforeAll(async () => {
      database = await openTestDatabase(where)
    })
    afterAll(() => database.close())
    beforeEach(async () => {
      otp = testOtp(database)
      userId = (await createUser(database)).id
      device = await kind.add(otp, userId)
    })

    const good = (of = device) => kind.goodToken(otp, of)
    const tokenIn = (given: string | AnsweredChallenge) => (typeof given === 'string' ? given : given.token)
    const submit = (
      given: string | AnsweredChallenge,
      { deviceId = device.persistentId, by = userId }: { deviceId?: string; by?: number } = {},
    ): Promise<Verification> => {
      const answer = typeof given === 'string' ? { token: given } : given
      return verifyToken(otp, { userId: by, deviceId, ...answer })
    }
    const row = async () => {
      const { rows } = await database.pool.query(`select * from ${kind.table} where id = $1`, [device.id])
      return rows[0]
    }

    it('accepts a right token and says when it was last used (D-19)', async () => {
      expect(await submit(await good())).toMatchObject({ ok: true, device: { id: device.id } })
      expect(await row()).toMatchObject({ failure_count: 0, failed_at: null, last_used_at: otp.clock.now() })
    })

    it('accepts no token twice', async () => {
      const token = await good()
      await submit(token)
      otp.clock.advance(10)
      expect(await submit(token)).toEqual({ ok: false, reason: 'invalid_token' })
    })

    it('counts a wrong token and does not say that it was used', async () => {
      expect(await submit(kind.wrongToken)).toEqual({ ok: false, reason: 'invalid_token' })
      expect(await row()).toMatchObject({ failure_count: 1, failed_at: otp.clock.now(), last_used_at: null })
    })

    it.each([
      ['nothing', ''],
      ['a blank', ' '],
      ['one digit', '0'],
      ['5000 letters', 'x'.repeat(5000)],
      ['three full-width digits', '１２３'],
      ['a text that runs backwards', '\u202e123456'],
      ['a piece of SQL', "' or true --"],
      ['18 digits', '123456789012345678'],
    ])('refuses %s without a fault', async (_what, token) => {
      expect(await submit(token)).toEqual({ ok: false, reason: 'invalid_token' })
    })

    it('refuses even a right token while it waits, and counts nothing then (D-15)', async () => {
      const token = await good()
      await submit(kind.wrongToken)
      const refused = { ok: false, reason: 'n_failed_attempts', failureCount: 1 }
      expect(await submit(token)).toMatchObject({ ...refused, lockedUntil: new Date(otp.clock.now().getTime() + 1000) })
      for (let index = 0; index < 5; index += 1) expect(await submit(kind.wrongToken)).toMatchObject(refused)
      expect((await row()).failure_count).toBe(1)
      otp.clock.advance(1)
      expect((await submit(token)).ok).toBe(true)
    })

    it('forgets its failures after a success', async () => {
      await submit(kind.wrongToken)
      otp.clock.advance(1)
      await submit(await good())
      await submit(kind.wrongToken)
      expect((await row()).failure_count).toBe(1)
    })

    it('verifies nobody else (D-04)', async () => {
      const stranger = await createUser(database)
      const token = await good()
      const verification = await submit(token, { by: stranger.id })
      expect(verification).toEqual({ ok: false, reason: 'invalid_token' })
      expect(await row()).toMatchObject({ failure_count: 0, last_used_at: null })
    })

    it('verifies nobody while it is not confirmed (D-08)', async () => {
      await database.pool.query(`update ${kind.table} set confirmed = false where id = $1`, [device.id])
      const token = await good()
      expect((await submit(token)).ok).toBe(false)
      expect((await matchToken(otp, { userId, token: tokenIn(token) })).ok).toBe(false)
    })

    it('verifies no inactive user', async () => {
      await database.pool.query('update users set is_active = false where id = $1', [userId])
      expect((await submit(await good())).ok).toBe(false)
    })

    it('is switched off by 100 failures in a row and stays off (S-11)', async () => {
      await database.pool.query(`update ${kind.table} set failure_count = 98, failed_at = null where id = $1`, [
        device.id,
      ])
      await submit(kind.wrongToken)
      expect((await row()).confirmed).toBe(true)
      otp.clock.advance(3600)
      await submit(kind.wrongToken)
      expect(await row()).toMatchObject({ failure_count: 100, confirmed: false })
      otp.clock.advance(24 * 3600)
      expect((await submit(await good())).ok).toBe(false)
    })

    it('waits with the whole account after ten failures, also without a wait of its own (A-03)', async () => {
      otp.settings.throttleFactor = 0
      const other = await kind.add(otp, userId)
      for (let index = 0; index < 10; index += 1)
        await submit(kind.wrongToken, { deviceId: index % 2 ? other.persistentId : device.persistentId })
      const locked = {
        ok: false,
        reason: 'n_failed_attempts',
        lockedUntil: new Date(otp.clock.now().getTime() + 900_000),
      }
      expect(await submit(await good())).toMatchObject(locked)
      expect(await submit(await good(other), { deviceId: other.persistentId })).toMatchObject(locked)
      otp.clock.advance(900)
      expect((await submit(await good())).ok).toBe(true)
    })

    it('tells its handlers inside the transaction, and a handler that throws undoes it', async () => {
      const token = await good()
      const stop = otp.events.on('userVerified', () => {
        throw new Error('vetoed')
      })
      await expect(submit(token)).rejects.toThrow('vetoed')
      stop()
      expect((await submit(token)).ok).toBe(true)
    })

    it('tells of a failure, but not while it waits (D-43)', async () => {
      const told: number[] = []
      otp.events.on('verificationFailed', ({ failureCount }) => void told.push(failureCount))
      await submit(kind.wrongToken)
      await submit(kind.wrongToken)
      expect(told).toEqual([1])
    })

    it('is found by matching, unless its token answers a challenge: then it is not asked', async () => {
      const given = await good()
      const found = { ok: true, device: { persistentId: device.persistentId } }
      const matched = await matchToken(otp, { userId, token: tokenIn(given) })
      expect(matched).toMatchObject(typeof given === 'string' ? found : { ok: false, reason: 'invalid_token' })
      expect((await row()).failure_count).toBe(0)
    })

    it('is listed with its owner’s devices', async () => {
      expect(await devicesForUser(otp, userId)).toMatchObject([{ persistentId: device.persistentId, userId }])
    })

    it.skipIf(where === 'embedded')('accepts one of ten submissions of one token at once', async () => {
      otp.settings.throttleFactor = 0
      const given = await good()
      const verifications = await Promise.all(Array.from({ length: 10 }, () => submit(given)))
      expect(verifications.filter(({ ok }) => ok)).toHaveLength(1)
    })
  })
}
