import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { Device } from '../../src/otp/device.js'
import { generateChallenge } from '../../src/otp/challenges/generate-challenge.js'
import { generateIsAllowed, verifyIsAllowed } from '../../src/otp/tokens/is-allowed.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { addPhone } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

const day = 24 * 3600

describe('whether a device can be used now', () => {
  let database: Database
  let otp: TestOtp
  let userId: number
  let phone: Device
  let deviceId: string
  beforeAll(async () => {
    database = await openTestDatabase()
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    otp = testOtp(database)
    userId = (await createUser(database)).id
    phone = await addPhone(otp, userId, { number: `+415242${String(userId).padStart(5, '0')}` })
    deviceId = phone.persistentId
  })

  const mistype = () => verifyToken(otp, { userId, deviceId, token: '000000' })
  const lock = async () => {
    otp.settings.throttleFactor = 0
    for (let count = 0; count < 10; count += 1) await mistype()
  }

  it('allows a token until a failure throttles the device, and again after the throttle', async () => {
    expect(await verifyIsAllowed(otp, { userId, deviceId })).toEqual({ allowed: true })
    await mistype()
    const lockedUntil = new Date(otp.clock.now().getTime() + 1000)
    expect(await verifyIsAllowed(otp, { userId, deviceId })).toEqual({
      allowed: false,
      reason: 'n_failed_attempts',
      failureCount: 1,
      lockedUntil,
    })
    otp.clock.advance(1)
    expect(await verifyIsAllowed(otp, { userId, deviceId })).toEqual({ allowed: true })
  })

  it('allows a code until one was sent, and again after the cooldown', async () => {
    expect(await generateIsAllowed(otp, { userId, deviceId })).toEqual({ allowed: true })
    await generateChallenge(otp, { userId, deviceId, language: 'en' })
    const nextAt = new Date(otp.clock.now().getTime() + 30_000)
    expect(await generateIsAllowed(otp, { userId, deviceId })).toEqual({
      allowed: false,
      reason: 'cooldown_pending',
      nextAt,
    })
    otp.clock.advance(30)
    expect(await generateIsAllowed(otp, { userId, deviceId })).toEqual({ allowed: true })
  })

  it('changes nothing and counts nothing', async () => {
    const row = async () => (await database.pool.query('select * from phone_devices where id = $1', [phone.id])).rows
    const before = await row()
    await verifyIsAllowed(otp, { userId, deviceId })
    await generateIsAllowed(otp, { userId, deviceId })
    expect(await row()).toEqual(before)
  })

  it('sends no code to a locked account, which could not use it', async () => {
    await lock()
    const locked = { reason: 'n_failed_attempts', failureCount: 10 }
    expect(await generateIsAllowed(otp, { userId, deviceId })).toMatchObject({ allowed: false, ...locked })
    expect(await generateChallenge(otp, { userId, deviceId, language: 'en' })).toMatchObject({ ok: false, ...locked })
    const { rows } = await database.pool.query('select from challenge_sends where user_id = $1', [userId])
    expect(rows).toEqual([])
    otp.clock.advance(day)
    expect((await generateChallenge(otp, { userId, deviceId, language: 'en' })).ok).toBe(true)
  })

  it.each(['phone/999999', 'totp/1', '', 'phone/x', '../phone/1'])('does not find %j, without an error', async (id) => {
    const denied = { allowed: false, reason: 'verification_not_allowed' }
    expect(await verifyIsAllowed(otp, { userId, deviceId: id })).toEqual(denied)
    expect(await generateIsAllowed(otp, { userId, deviceId: id })).toEqual({
      allowed: false,
      reason: 'not_interactive',
    })
  })

  it('does not allow another user’s device', async () => {
    const other = (await createUser(database)).id
    expect((await verifyIsAllowed(otp, { userId: other, deviceId })).allowed).toBe(false)
    expect((await generateIsAllowed(otp, { userId: other, deviceId })).allowed).toBe(false)
  })
})
