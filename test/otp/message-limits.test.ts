import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { deliverCode } from '../../src/notify/deliver-code.js'
import type { DeliveryResult } from '../../src/notify/gateways/sms-gateway.js'
import type { Device } from '../../src/otp/device.js'
import { generateChallenge } from '../../src/otp/challenges/generate-challenge.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { addEmail, addPhone, queuedCodes } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { testNotify } from '../support/notify.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

let database: Database
let otp: TestOtp
let targets = 0
beforeAll(async () => void (database = await openTestDatabase()))
beforeEach(() => void (otp = testOtp(database)))
afterAll(() => database.close())

const kinds = [
  { name: 'phone', add: (userId: number, target: string) => addPhone(otp, userId, { number: target }) },
  { name: 'email', add: (userId: number, target: string) => addEmail(otp, userId, `${target}@example.com`) },
]
const freshTarget = () => `+4179${1_000_000 + (targets += 1)}`
const undelivered: DeliveryResult = { ok: false, reason: 'gateway_unavailable', detail: '' }

const send = async (device: Device, more: Partial<Parameters<typeof generateChallenge>[1]> = {}) => {
  otp.clock.advance(31)
  return generateChallenge(otp, { userId: device.userId, deviceId: device.persistentId, language: 'en', ...more })
}

/** Delivers the newest code as a worker does. @returns the code */
async function deliver(device: Device, delivered: DeliveryResult = { ok: true }): Promise<string> {
  const newest = (await queuedCodes(otp, device)).at(-1)
  if (!newest) throw new Error('No code is queued.')
  const { rows } = await database.pool.query<{ hash: string; expires: Date }>(
    `select code_hash as hash, code_expires_at as expires from ${newest.delivery.table} where id = $1`,
    [device.id],
  )
  const delivery = { ...newest.delivery, codeHash: rows[0]?.hash ?? '' }
  const code = { code: newest.code, delivery, expiresAt: rows[0]?.expires ?? new Date() }
  await deliverCode(
    { ...testNotify(database, { send: async () => {}, close: () => {} }), clock: otp.clock },
    code,
    { job: '1', task: 'send' },
    async () => delivered,
  )
  return newest.code
}

const submit = (device: Device, token: string, challenge: string | null) =>
  verifyToken(otp, { userId: device.userId, deviceId: device.persistentId, token, challenge })

describe.each(kinds)('codes by $name', ({ name, add }) => {
  const unconfirm = (device: Device) =>
    database.pool.query(`update ${name}_devices set confirmed = false, confirmed_at = null where id = $1`, [device.id])

  it('sent to other users’ setups do not reduce the limit of the confirmed device', async () => {
    const target = freshTarget()
    const owner = await add((await createUser(database)).id, target)
    for (let other = 0; other < 2; other += 1) {
      const setup = await add((await createUser(database)).id, target)
      await unconfirm(setup)
      for (let sent = 0; sent < 10; sent += 1) expect((await send(setup, { confirmed: false })).ok).toBe(true)
      expect(await send(setup, { confirmed: false })).toMatchObject({ ok: false, reason: 'cooldown_pending' })
    }
    for (let sent = 0; sent < 10; sent += 1) expect((await send(owner)).ok).toBe(true)
    expect(await send(owner)).toMatchObject({ ok: false, reason: 'cooldown_pending' })
  })

  it('requested with the password alone do not reduce the limit of a known browser', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    for (let sent = 0; sent < 11; sent += 1) await send(device)
    expect((await send(device)).ok).toBe(false)
    expect((await send(device, { asker: { lane: 'known_browser', by: 'me' } })).ok).toBe(true)
  })

  it('that were not delivered count towards no limit', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    for (let sent = 0; sent < 15; sent += 1) {
      expect((await send(device)).ok).toBe(true)
      await deliver(device, undelivered)
    }
    expect((await send(device)).ok).toBe(true)
  })

  it('are valid until a newer one was delivered', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    const first = await send(device)
    const challenge = first.ok ? first.challenge : ''
    const code = await deliver(device)
    expect((await send(device, { challenge })).ok).toBe(true)
    await deliver(device, undelivered)
    expect((await send(device, { challenge })).ok).toBe(true)
    expect((await submit(device, code, challenge)).ok).toBe(true)
    await send(device, { challenge })
    const second = await deliver(device)
    await send(device, { challenge })
    const third = await deliver(device)
    otp.clock.advance(31)
    const isReplaced = second === third || !(await submit(device, second, challenge)).ok
    expect(isReplaced).toBe(true)
    otp.clock.advance(31)
    expect((await submit(device, third, challenge)).ok).toBe(true)
  })

  it('expire although a newer one was requested', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    const first = await send(device)
    const challenge = first.ok ? first.challenge : ''
    const code = await deliver(device)
    await send(device, { challenge })
    otp.clock.advance(280)
    expect((await submit(device, code, challenge)).ok).toBe(false)
  })
})
