import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { addStaticToken } from '../../src/kinds/static/add-token.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { matchToken } from '../../src/otp/tokens/match-token.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'
import { postgresUrl } from '../support/postgres-database.js'

const RACERS = 10
const race = <Result>(run: (racer: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: RACERS }, (_, racer) => run(racer)))

describe.skipIf(!postgresUrl())('ten concurrent verifications on PostgreSQL', () => {
  let database: Database
  let otp: TestOtp
  let userId: number
  const secret = Buffer.alloc(20, 9)

  beforeAll(async () => {
    database = await openTestDatabase('postgres')
  })
  afterAll(() => database.close())

  const setUp = async (throttleFactor: number) => {
    otp = testOtp(database, { throttleFactor })
    userId = (await createUser(database)).id
    return database.sequelize.transaction(async (transaction) => {
      const user = { id: userId, email: 'a@example.com' }
      const app = await addTotpDevice(otp, transaction, { user, name: 'App', secret, confirmed: true })
      const backup = await addStaticToken(otp, transaction, userId)
      return { app: app.device, backup }
    })
  }
  const currentCode = () => generateHotp(secret, timeStep(otp.clock.now(), 30, 0), 6)
  const failures = async () => {
    const { rows } = await database.pool.query('select failure_count from totp_devices where user_id = $1', [userId])
    return rows[0]?.failure_count
  }

  it('accepts one TOTP code once', async () => {
    const { app } = await setUp(0)
    const token = currentCode()
    const outcomes = await race(() => verifyToken(otp, { userId, deviceId: app.persistentId, token }))
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
  })

  it('accepts one HOTP code once, and a pair of codes for a resync once', async () => {
    await setUp(0)
    const token = { userId, name: 'Token', secret, digits: 6, counter: 0, confirmed: true } as const
    const device = await database.sequelize.transaction((transaction) => addHotpDevice(otp, transaction, token))
    for (const typed of [generateHotp(secret, 3, 6), `${generateHotp(secret, 50, 6)} ${generateHotp(secret, 51, 6)}`]) {
      const outcomes = await race(() => verifyToken(otp, { userId, deviceId: device.persistentId, token: typed }))
      expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
      await database.pool.query(`update users set token_failed_at = '{}' where id = $1`, [userId])
    }
  })

  it('accepts one backup token once, by its device or by matching', async () => {
    const { backup } = await setUp(0)
    const { token, device } = backup
    const outcomes = await race((racer) =>
      racer % 2
        ? matchToken(otp, { userId, token })
        : verifyToken(otp, { userId, deviceId: device.persistentId, token }),
    )
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
    const { rows } = await database.pool.query('select count(*)::int as left from static_tokens where device_id = $1', [
      device.id,
    ])
    expect(rows).toEqual([{ left: 0 }])
  })

  it('counts ten wrong tokens as ten without throttling, and as one with it', async () => {
    const without = await setUp(0)
    await race(() => verifyToken(otp, { userId, deviceId: without.app.persistentId, token: '000000' }))
    expect(await failures()).toBe(RACERS)
    const waiting = await setUp(1)
    await race(() => verifyToken(otp, { userId, deviceId: waiting.app.persistentId, token: '000000' }))
    expect(await failures()).toBe(1)
  })

  it('evaluates at most ten wrong codes for one account, over any number of devices', async () => {
    const { app } = await setUp(0)
    const other = await database.sequelize.transaction((transaction) =>
      addTotpDevice(otp, transaction, {
        user: { id: userId, email: 'a@example.com' },
        name: 'Other app',
        secret: Buffer.alloc(20, 8),
        confirmed: true,
      }),
    )
    const judged: string[] = []
    otp.events.on('verificationFailed', ({ device }) => void judged.push(device.persistentId))
    const deviceIds = [app.persistentId, other.device.persistentId]
    await Promise.all(
      Array.from({ length: 40 }, (_, racer) =>
        verifyToken(otp, { userId, deviceId: deviceIds[racer % 2] ?? '', token: '000000' }),
      ),
    )
    expect(judged).toHaveLength(10)
  })

  it('never deadlocks between matching and verifying on several devices of one user', async () => {
    const { app, backup } = await setUp(0)
    const outcomes = await race((racer) =>
      racer % 2
        ? matchToken(otp, { userId, token: '000000' })
        : verifyToken(otp, {
            userId,
            deviceId: racer % 4 ? app.persistentId : backup.device.persistentId,
            token: '111111',
          }),
    )
    expect(outcomes.every((outcome) => !outcome.ok)).toBe(true)
  })
})
