import { noClient } from '../../src/client-info.js'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addStaticToken } from '../../src/kinds/static/add-token.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { parseBackupToken } from '../../src/kinds/static/backup-token.js'
import { devicesForUser, userHasDevice } from '../../src/otp/devices/devices-for-user.js'
import { matchToken } from '../../src/otp/tokens/match-token.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { removeAllDevices } from '../../src/otp/devices/remove-all-devices.js'
import { verifyToken } from '../../src/otp/tokens/verify-token.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

describe.each(databaseKinds())('on the %s database', (where) => {
  let database: Database
  let otp: TestOtp
  beforeAll(async () => {
    database = await openTestDatabase(where)
    otp = testOtp(database)
  })
  afterAll(() => database.close())

  const addApp = (userId: number, secret: Buffer, confirmed = true) =>
    database.sequelize.transaction((transaction) =>
      addTotpDevice(otp, transaction, { user: { id: userId, email: 'a@example.com' }, name: 'App', secret, confirmed }),
    )
  const addToken = (userId: number, token?: string) =>
    database.sequelize.transaction((transaction) =>
      addStaticToken(otp, transaction, userId, (token && parseBackupToken(token)) || undefined),
    )

  /** Counts the statements that all connections send during `run`, `begin` and `commit` included. */
  const countStatements = async (run: () => Promise<unknown>) => {
    const sent = vi.spyOn(Client.prototype, 'query')
    await run()
    const statements = sent.mock.calls.length
    sent.mockRestore()
    return statements
  }

  it('lists confirmed devices, unconfirmed ones, or all, the preferred kind first', async () => {
    const { id } = await createUser(database)
    await addToken(id)
    await addApp(id, Buffer.alloc(20, 1))
    await addApp(id, Buffer.alloc(20, 2), false)
    expect((await devicesForUser(otp, id)).map((device) => device.kind)).toEqual(['totp', 'static'])
    expect(await devicesForUser(otp, id, { confirmed: false })).toMatchObject([{ kind: 'totp', confirmed: false }])
    expect(await devicesForUser(otp, id, { confirmed: null })).toHaveLength(3)
  })

  it('needs one round trip for all kinds', async () => {
    const { id } = await createUser(database)
    expect(await countStatements(() => devicesForUser(otp, id))).toBe(1)
  })

  it('needs four statements to verify a token, accepted or not', async () => {
    const { id } = await createUser(database)
    const { device } = await addApp(id, Buffer.alloc(20, 3))
    const backup = await addToken(id)
    const attempts = [
      { deviceId: device.persistentId, token: generateHotp(Buffer.alloc(20, 3), timeStep(otp.clock.now(), 30, 0), 6) },
      { deviceId: device.persistentId, token: '000000' },
      { deviceId: backup.device.persistentId, token: backup.token },
    ]
    for (const attempt of attempts)
      expect(await countStatements(() => verifyToken(otp, { userId: id, ...attempt }))).toBe(4)
  })

  it('stores neither the secret nor the backup token in clear', async () => {
    const { id } = await createUser(database)
    const secret = Buffer.from('a secret of 20 bytes')
    await addApp(id, secret)
    const { token } = await addToken(id)
    const { rows } = await database.pool.query(
      `select row_to_json(d)::text as text from totp_devices d where user_id = $1
      union all select row_to_json(t)::text from static_tokens t`,
      [id],
    )
    const dump = rows.map((row) => String(row.text)).join('\n')
    for (const encoding of [secret.toString(), secret.toString('hex'), secret.toString('base64'), token])
      expect(dump.toUpperCase()).not.toContain(encoding.toUpperCase())
  })

  it('adds the passed token to the existing set, and never twice', async () => {
    const { id } = await createUser(database)
    const first = await addToken(id, 'abcd-efgh-ijkl-mnop')
    const second = await addToken(id, 'ABCDEFGHIJKLMNOP')
    expect(second.device.persistentId).toBe(first.device.persistentId)
    expect(await devicesForUser(otp, id)).toMatchObject([{ kind: 'static', remaining: 1 }])
  })

  it('skips devices whose tokens look different when it matches a token, and counts no failure on them', async () => {
    const { id } = await createUser(database)
    const { device } = await addApp(id, Buffer.alloc(20, 4))
    const { token } = await addToken(id)
    expect(await matchToken(otp, { userId: id, token })).toMatchObject({ ok: true, device: { kind: 'static' } })
    const { rows } = await database.pool.query('select failure_count from totp_devices where id = $1', [device.id])
    expect(rows).toEqual([{ failure_count: 0 }])
  })

  it('counts a failure on each device that it tried before the one that accepts', async () => {
    const { id } = await createUser(database)
    const first = await addApp(id, Buffer.alloc(20, 5))
    const second = await addApp(id, Buffer.alloc(20, 6))
    const token = generateHotp(Buffer.alloc(20, 6), timeStep(otp.clock.now(), 30, 0), 6)
    expect(await matchToken(otp, { userId: id, token })).toMatchObject({ ok: true, device: { id: second.device.id } })
    const { rows } = await database.pool.query(
      'select id, failure_count from totp_devices where user_id = $1 order by id',
      [id],
    )
    expect(rows).toEqual([
      { id: first.device.id, failure_count: 1 },
      { id: second.device.id, failure_count: 0 },
    ])
  })

  it('does not throttle the other devices after a wrong token on one', async () => {
    const { id } = await createUser(database)
    const { device } = await addApp(id, Buffer.alloc(20, 7))
    const backup = await addToken(id)
    await verifyToken(otp, { userId: id, deviceId: device.persistentId, token: '000000' })
    const outcome = await verifyToken(otp, { userId: id, deviceId: backup.device.persistentId, token: backup.token })
    expect(outcome.ok).toBe(true)
  })

  it('removes unconfirmed devices with all others, and raises the epoch', async () => {
    const user = await createUser(database)
    await addApp(user.id, Buffer.alloc(20, 8), false)
    await addToken(user.id)
    expect(
      await database.sequelize.transaction((transaction) =>
        removeAllDevices(otp, transaction, { userId: user.id, client: noClient, by: 'owner', actorId: null }),
      ),
    ).toBe(2)
    expect(await userHasDevice(otp, user.id)).toBe(false)
    await user.reload()
    expect(user.auth_epoch).toBe(2)
  })

  it.each(['totp/999999', 'hotp/1', 'totp/x', '', 'static/0'])(
    'rejects the device %j without an error',
    async (deviceId) => {
      const { id } = await createUser(database)
      expect(await verifyToken(otp, { userId: id, deviceId, token: '123456' })).toEqual({
        ok: false,
        reason: 'invalid_token',
      })
    },
  )
})
