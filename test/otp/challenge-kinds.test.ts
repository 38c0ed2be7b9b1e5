import { noClient } from '../../src/client-info.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { Device } from '../../src/otp/device.js'
import { devicesForUser } from '../../src/otp/devices/devices-for-user.js'
import { generateChallenge } from '../../src/otp/challenges/generate-challenge.js'
import { builtInKinds } from '../../src/kinds/index.js'
import { kindsFor } from '../../src/otp/kind-registry/register-kinds.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { addEmail, addPhone, requestCode, storeCode, queuedCodes } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'
import { testKind } from './kinds-contract.js'

/** A sent code equals this one once in a million. */
const wrongToken = '000000'
let numbers = 100

/** A different number for each device, so that no test uses the daily limit of another. */
const freshNumber = () => `+4152420${(numbers += 1)}0`

const kinds = [
  { name: 'phone', add: (otp: TestOtp, userId: number) => addPhone(otp, userId, { number: freshNumber() }) },
  { name: 'email', add: (otp: TestOtp, userId: number) => addEmail(otp, userId, `box${(numbers += 1)}@example.com`) },
]

for (const { name, add } of kinds) testKind({ name, add, goodToken: requestCode, wrongToken })

describe.each(databaseKinds())('a sent code, on the %s database', (where) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(where)
  })
  afterAll(() => database.close())

  describe.each(kinds)('by $name', ({ name, add }) => {
    let otp: TestOtp
    let userId: number
    let device: Device
    beforeEach(async () => {
      otp = testOtp(database)
      userId = (await createUser(database)).id
      device = await add(otp, userId)
    })
    const send = (language = 'en', of = device) =>
      generateChallenge(otp, { userId, deviceId: of.persistentId, language })
    const submit = (submitted: { token: string; challenge?: string }) =>
      verifyToken(otp, { userId, deviceId: device.persistentId, ...submitted })
    const row = async () => {
      const { rows } = await database.pool.query(`select * from ${name}_devices where id = $1`, [device.id])
      return rows[0]
    }

    it('has six digits, as text', async () => {
      const { token } = await requestCode(otp, device)
      expect(token).toMatch(/^[0-9]{6}$/)
    })

    it('keeps its leading zeros until it is verified', async () => {
      const sent = await storeCode(otp, device, '012345')
      expect(await submit({ ...sent, token: '12345' })).toEqual({ ok: false, reason: 'invalid_token' })
      otp.clock.advance(1)
      expect((await submit({ ...sent, token: ' 012 345 ' })).ok).toBe(true)
    })

    it('is valid for less than five minutes', async () => {
      const sent = await requestCode(otp, device)
      otp.clock.advance(300)
      expect((await submit(sent)).ok).toBe(false)
      otp.clock.advance(-1)
      await database.pool.query(`update ${name}_devices set failure_count = 0`)
      expect((await submit(sent)).ok).toBe(true)
    })

    it('is accepted only in the session that requested it (ASVS 6.6.2)', async () => {
      const { token, challenge } = await requestCode(otp, device)
      otp.settings.throttleFactor = 0
      expect((await submit({ token, challenge: 'b1946ac9-2492-4d23-8b3c-1a2f0d6a1c11' })).ok).toBe(false)
      expect((await submit({ token })).ok).toBe(false)
      expect((await submit({ token, challenge })).ok).toBe(true)
    })

    it('is no longer valid after another one was sent', async () => {
      const first = await requestCode(otp, device)
      otp.clock.advance(31)
      const second = await requestCode(otp, device)
      otp.settings.throttleFactor = 0
      expect((await submit(first)).ok).toBe(false)
      expect((await submit(second)).ok).toBe(true)
    })

    it('survives four wrong attempts, but not five', async () => {
      otp.settings.throttleFactor = 0
      const first = await requestCode(otp, device)
      for (let guess = 0; guess < 4; guess += 1) await submit({ ...first, token: wrongToken })
      expect((await submit(first)).ok).toBe(true)
      const second = await requestCode(otp, device)
      for (let guess = 0; guess < 5; guess += 1) await submit({ ...second, token: wrongToken })
      expect((await submit(second)).ok).toBe(false)
    })

    it('is followed by a cooldown that only an accepted code ends early', async () => {
      const first = await requestCode(otp, device)
      const nextAt = new Date(otp.clock.now().getTime() + 30_000)
      expect(await send()).toEqual({ ok: false, reason: 'cooldown_pending', nextAt })
      expect(await queuedCodes(otp, device)).toHaveLength(1)
      await submit({ ...first, token: wrongToken })
      otp.clock.advance(1)
      expect((await send()).ok).toBe(false)
      expect((await submit(first)).ok).toBe(true)
      expect((await send()).ok).toBe(true)
    })

    it('has no cooldown if the cooldown is turned off', async () => {
      otp.settings.challengeCooldown = 0
      expect([(await send()).ok, (await send()).ok]).toEqual([true, true])
    })

    it('does not reset the failures', async () => {
      await submit({ token: wrongToken })
      await send()
      expect(await row()).toMatchObject({ failure_count: 1 })
    })

    it('is sent at most ten times in 24 hours', async () => {
      otp.settings.challengeCooldown = 0
      const begin = otp.clock.now()
      for (let sent = 0; sent < 10; sent += 1) {
        expect((await send()).ok).toBe(true)
        otp.clock.advance(60)
      }
      const nextAt = new Date(begin.getTime() + 24 * 3600_000)
      expect(await send()).toEqual({ ok: false, reason: 'cooldown_pending', nextAt })
      otp.clock.set(nextAt)
      expect((await send()).ok).toBe(true)
      expect((await send()).ok).toBe(false)
    })

    it('is stored nowhere in the database in clear, and its job is encrypted', async () => {
      const { token } = await requestCode(otp, device)
      const { rows } = await database.pool.query(
        `select row_to_json(d)::text as text from ${name}_devices d union all
        select row_to_json(s)::text from challenge_sends s union all
        select row_to_json(j)::text from graphile_worker._private_jobs j`,
      )
      const dump = rows.map((line) => String(line.text)).join('\n')
      expect(dump).toContain('sealed')
      expect(dump).not.toMatch(new RegExp(`["\\\\:' ]${token}`))
      for (const value of Object.values(await row())) expect(String(value)).not.toBe(token)
    })

    it('is not sent to another user’s device, an unconfirmed one, or a deactivated user’s', async () => {
      const other = await createUser(database)
      const request = { userId: other.id, deviceId: device.persistentId, language: 'en' }
      expect(await generateChallenge(otp, request)).toEqual({ ok: false, reason: 'not_interactive' })
      await database.pool.query(`update ${name}_devices set confirmed = false where id = $1`, [device.id])
      expect(await send()).toEqual({ ok: false, reason: 'not_interactive' })
      await database.pool.query(`update ${name}_devices set confirmed = true where id = $1`, [device.id])
      await database.pool.query('update users set is_active = false where id = $1', [userId])
      expect(await send()).toEqual({ ok: false, reason: 'not_interactive' })
      expect(await queuedCodes(otp, device)).toEqual([])
    })

    it('is neither sent nor accepted if its kind is turned off, and the device can still be removed', async () => {
      const sent = await requestCode(otp, device)
      const off = { ...otp, kinds: kindsFor({ smsGateway: undefined, otpEmail: false }, builtInKinds) }
      expect(await verifyToken(off, { userId, deviceId: device.persistentId, ...sent })).toMatchObject({ ok: false })
      expect(await devicesForUser(off, userId)).toEqual([])
      const request = { userId, deviceId: device.persistentId, language: 'en' }
      expect(await generateChallenge(off, request)).toEqual({ ok: false, reason: 'not_interactive' })
      expect(
        await database.sequelize.transaction((transaction) =>
          removeAllDevices(off, transaction, { userId, client: noClient, by: 'owner', actorId: null }),
        ),
      ).toBe(1)
    })

    it('is sent in the requested language', async () => {
      await send('pt-BR')
      expect(await queuedCodes(otp, device)).toMatchObject([{ language: 'pt-BR' }])
    })
  })

  it('counts towards the limit of its number, whichever user has it', async () => {
    const otp = testOtp(database, { challengeCooldown: 0 })
    const number = freshNumber()
    const outcomes = []
    for (let sent = 0; sent < 12; sent += 1) {
      const { id: userId } = await createUser(database)
      const { persistentId: deviceId } = await addPhone(otp, userId, { number })
      outcomes.push((await generateChallenge(otp, { userId, deviceId, language: 'en' })).ok)
    }
    expect(outcomes.filter(Boolean)).toHaveLength(10)
  })

  it('is emailed to the device’s address, or else to its owner’s', async () => {
    const otp = testOtp(database)
    const owner = await createUser(database)
    const own = await addEmail(otp, owner.id, 'other@example.com')
    const none = await addEmail(otp, owner.id)
    await requestCode(otp, own)
    await requestCode(otp, none)
    expect(await queuedCodes(otp, own)).toMatchObject([{ to: 'other@example.com', name: owner.name }])
    expect(await queuedCodes(otp, none)).toMatchObject([{ to: owner.email }])
    await owner.update({ email: 'moved@example.com' })
    otp.clock.advance(60)
    await requestCode(otp, none)
    expect((await queuedCodes(otp, none)).at(-1)).toMatchObject({ to: 'moved@example.com' })
  })
})
