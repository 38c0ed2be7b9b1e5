import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { deliverCode } from '../../src/notify/deliver-code.js'
import type { DeliveryResult } from '../../src/notify/gateways/sms-gateway.js'
import type { Device } from '../../src/otp/device.js'
import { generateChallenge } from '../../src/otp/generate-challenge.js'
import { verifyToken } from '../../src/otp/verify-token.js'
import { addEmail, addPhone, queuedCodes } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { testNotify } from '../support/notify.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

let database: Database
let otp: TestOtp
let targets = 0
beforeAll(async () => void (database = await openTestDatabase('embedded')))
beforeEach(() => void (otp = testOtp(database)))
afterAll(() => database.close())

const kinds = [
  { name: 'phone', add: (userId: number, target: string) => addPhone(otp, userId, { number: target }) },
  { name: 'email', add: (userId: number, target: string) => addEmail(otp, userId, `${target}@example.com`) },
]
const freshTarget = () => `+4179${1_000_000 + (targets += 1)}`
const refused: DeliveryResult = { ok: false, reason: 'gateway_unavailable', detail: '' }

const ask = async (device: Device, more: Partial<Parameters<typeof generateChallenge>[1]> = {}) => {
  otp.clock.advance(31)
  return generateChallenge(otp, { userId: device.userId, deviceId: device.persistentId, language: 'en', ...more })
}

/** What a worker does with the newest code. @returns the code */
async function deliver(device: Device, delivered: DeliveryResult = { ok: true }): Promise<string> {
  const newest = (await queuedCodes(otp, device)).at(-1)
  if (!newest) throw new Error('No code waits.')
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

  it('of setups by someone else leave the confirmed device all of its own', async () => {
    const target = freshTarget()
    const owner = await add((await createUser(database)).id, target)
    for (let other = 0; other < 2; other += 1) {
      const setup = await add((await createUser(database)).id, target)
      await unconfirm(setup)
      for (let sent = 0; sent < 10; sent += 1) expect((await ask(setup, { confirmed: false })).ok).toBe(true)
      expect(await ask(setup, { confirmed: false })).toMatchObject({ ok: false, reason: 'cooldown_pending' })
    }
    for (let sent = 0; sent < 10; sent += 1) expect((await ask(owner)).ok).toBe(true)
    expect(await ask(owner)).toMatchObject({ ok: false, reason: 'cooldown_pending' })
  })

  it('that someone with the password asked for leave those of a known browser', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    for (let sent = 0; sent < 11; sent += 1) await ask(device)
    expect((await ask(device)).ok).toBe(false)
    expect((await ask(device, { asker: { lane: 'known_browser', by: 'me' } })).ok).toBe(true)
  })

  it('that did not leave count for no limit', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    for (let sent = 0; sent < 15; sent += 1) {
      expect((await ask(device)).ok).toBe(true)
      await deliver(device, refused)
    }
    expect((await ask(device)).ok).toBe(true)
  })

  it('work until a newer one has left, and no longer', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    const first = await ask(device)
    const challenge = first.ok ? first.challenge : ''
    const code = await deliver(device)
    expect((await ask(device, { challenge })).ok).toBe(true)
    await deliver(device, refused)
    expect((await ask(device, { challenge })).ok).toBe(true)
    expect((await submit(device, code, challenge)).ok).toBe(true)
    await ask(device, { challenge })
    const second = await deliver(device)
    await ask(device, { challenge })
    const third = await deliver(device)
    otp.clock.advance(31)
    const isVoid = second === third || !(await submit(device, second, challenge)).ok
    expect(isVoid).toBe(true)
    otp.clock.advance(31)
    expect((await submit(device, third, challenge)).ok).toBe(true)
  })

  it('that are older expire', async () => {
    const device = await add((await createUser(database)).id, freshTarget())
    const first = await ask(device)
    const challenge = first.ok ? first.challenge : ''
    const code = await deliver(device)
    await ask(device, { challenge })
    otp.clock.advance(280)
    expect((await submit(device, code, challenge)).ok).toBe(false)
  })
})
