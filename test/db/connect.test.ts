import { afterEach, describe, expect, test } from 'vitest'
import { connectDatabase, type Database } from '../../src/db/connect.js'
import { testConfig } from '../support/config.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createTestDatabase, postgresUrl } from '../support/postgres-database.js'
import { deviceModels } from '../support/device-models.js'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

describe.each(databaseKinds())('The %s database', (kind) => {
  async function open(): Promise<Database> {
    const database = await openTestDatabase(kind)
    cleanups.push(database.close)
    return database
  }

  test('shows models and pool the same rows, with numbers, dates and big numbers as the models define them', async () => {
    const database = await open()
    const { models, pool } = database
    const { TotpDevice } = deviceModels(database)
    const at = new Date('2026-01-02T03:04:05.678Z')
    const user = await models.User.create({ email: 'a@example.com', token_failed_at: [at], last_login_at: at })
    const device = await TotpDevice.create({ user_id: user.id, name: 'Phone', secret: 'sealed' })
    const found = await TotpDevice.findByPk(device.id, { rejectOnEmpty: true })
    expect(found).toMatchObject({ id: 1, user_id: 1, confirmed: false, t0: '0', last_step: '-1', step: 30 })
    const again = await models.User.findByPk(user.id, { rejectOnEmpty: true })
    expect(again.token_failed_at).toEqual([at])
    const { rows } = await pool.query('select id, last_login_at from users')
    expect(rows).toEqual([{ id: 1, last_login_at: at }])
  })

  test("deletes a user's devices, sets and tokens with the user, and keeps the audit log", async () => {
    const database = await open()
    const { models } = database
    const { StaticDevice, StaticToken } = deviceModels(database)
    const user = await models.User.create({ email: 'a@example.com' })
    const set = await StaticDevice.create({ user_id: user.id, name: 'Backup tokens' })
    await StaticToken.create({ device_id: set.id, token_hash: 'hash' })
    await models.AuditEvent.create({ at: new Date(), event: 'login', user_id: user.id, details: { step: 'token' } })
    await user.destroy()
    expect(await StaticDevice.count()).toBe(0)
    expect(await StaticToken.count()).toBe(0)
    const [event] = await models.AuditEvent.findAll()
    expect(event).toMatchObject({ event: 'login', user_id: null, details: { step: 'token' } })
  })

  test('rejects a second user with the same email address in a different case', async () => {
    const { models } = await open()
    await models.User.create({ email: 'a@example.com' })
    await expect(models.User.create({ email: 'A@Example.com' })).rejects.toMatchObject({
      name: 'SequelizeUniqueConstraintError',
    })
  })
})

test.skipIf(!postgresUrl())('applies the options in the URL of the server to models and pool alike', async () => {
  const { url, drop } = await createTestDatabase()
  cleanups.push(drop)
  const database = await connectDatabase(testConfig({ DATABASE_URL: `${url}?application_name=otp-admin` }))
  cleanups.push(database.close)
  const sql = `select current_setting('application_name') as name`
  expect((await database.pool.query(sql)).rows).toEqual([{ name: 'otp-admin' }])
  const [rows] = await database.sequelize.query(sql)
  expect(rows).toEqual([{ name: 'otp-admin' }])
})

test.skipIf(!postgresUrl())('rejects a server that cannot be encrypted if the URL requires it', async () => {
  const { url, drop } = await createTestDatabase()
  cleanups.push(drop)
  const database = await connectDatabase(testConfig({ DATABASE_URL: `${url}?sslmode=verify-full` }))
  cleanups.push(database.close)
  await expect(database.pool.query('select 1')).rejects.toThrow('does not support SSL')
  await expect(database.sequelize.query('select 1')).rejects.toThrow('does not support SSL')
})
