import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { Device } from '../../src/otp/device.js'
import { generateChallenge } from '../../src/otp/challenges/generate-challenge.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { addEmail, addPhone, requestCode, queuedCodes } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'
import { postgresUrl } from '../support/postgres-database.js'

const race = <Result>(racers: number, run: (racer: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: racers }, (_, racer) => run(racer)))

describe.skipIf(!postgresUrl())('concurrent requests for codes on PostgreSQL', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
  })
  afterAll(() => database.close())

  const ask = (otp: TestOtp, { userId, persistentId: deviceId }: Device) =>
    generateChallenge(otp, { userId, deviceId, language: 'en' })
  const passed = (outcomes: { ok: boolean }[]) => outcomes.filter(({ ok }) => ok).length
  let numbers = 0
  const freshNumber = () => `+4152421${(numbers += 1) + 100}0`

  describe.each([
    ['phone', (otp: TestOtp, userId: number) => addPhone(otp, userId, { number: freshNumber() })],
    ['email', (otp: TestOtp, userId: number) => addEmail(otp, userId, `race${freshNumber()}@example.com`)],
  ])('with a code by %s', (_name, add) => {
    const setUp = async (settings: Partial<TestOtp['settings']> = {}) => {
      const otp = testOtp(database, { throttleFactor: 0, ...settings })
      return { otp, device: await add(otp, (await createUser(database)).id) }
    }
    const submit = (otp: TestOtp, { userId, persistentId: deviceId }: Device, answer: { token: string }) =>
      verifyToken(otp, { userId, deviceId, ...answer })

    it('signs in once for ten correct submissions of one challenge', async () => {
      const { otp, device } = await setUp()
      const sent = await requestCode(otp, device)
      expect(passed(await race(10, () => submit(otp, device, sent)))).toBe(1)
    })

    it('evaluates five of twenty wrong codes, and then rejects the correct code', async () => {
      const { otp, device } = await setUp()
      const sent = await requestCode(otp, device)
      await race(20, (racer) => submit(otp, device, { ...sent, token: `00000${racer % 10}` }))
      const { rows } = await database.pool.query(`select code_attempts from ${device.kind}_devices where id = $1`, [
        device.id,
      ])
      expect(rows).toEqual([{ code_attempts: 5 }])
      await database.pool.query(`update users set token_failed_at = '{}' where id = $1`, [device.userId])
      expect((await submit(otp, device, sent)).ok).toBe(false)
    })

    it('sends one code for ten requests', async () => {
      const { otp, device } = await setUp()
      expect(passed(await race(10, () => ask(otp, device)))).toBe(1)
      expect(await queuedCodes(otp, device)).toHaveLength(1)
    })

    it('never deadlocks between a new code and a correct submission of the old one', async () => {
      const { otp, device } = await setUp({ challengeCooldown: 0 })
      const sent = await requestCode(otp, device)
      const outcomes = await race<{ ok: boolean }>(8, (racer) =>
        racer % 2 ? ask(otp, device) : submit(otp, device, sent),
      )
      expect(outcomes).toHaveLength(8)
    })

    it('sends a user ten codes a day over all devices', async () => {
      const { otp, device } = await setUp({ challengeCooldown: 0 })
      const other = await add(otp, device.userId)
      expect(passed(await race(24, (racer) => ask(otp, racer % 2 ? device : other)))).toBe(10)
    })
  })

  it('sends a number ten codes a day over all users', async () => {
    const otp = testOtp(database, { challengeCooldown: 0 })
    const number = freshNumber()
    const users = await race(6, () => createUser(database))
    const phones = await race(6, (racer) => addPhone(otp, users[racer]?.id ?? 0, { number }))
    const outcomes = await race(24, async (racer) => {
      const phone = phones[racer % 6]
      return phone ? ask(otp, phone) : { ok: false }
    })
    expect(passed(outcomes)).toBe(10)
  })
})
