import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { yubikeyKind } from '../../examples/custom-device/yubikey/kind.js'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { addDevice, confirmDevice, type Verification } from '../../src/index.js'
import { createSoftwareYubikey, type SoftwareYubikey } from '../examples/custom-device/software-yubikey.js'
import { openTestDatabase } from '../support/database.js'
import { createUser, testOtp } from '../support/otp.js'
import { postgresUrl } from '../support/postgres-database.js'

const kind = yubikeyKind()

describe.skipIf(!postgresUrl())('two devices with the same unique value on PostgreSQL', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase('postgres')
    await migrate(database, [kind])
  })
  afterAll(() => database.close())

  const testOtpOfKind = () => ({ ...testOtp(database), kinds: [kind], everyKind: [kind] })

  /** Adds an unconfirmed device, and returns what confirms it. */
  async function setUp(otp: ReturnType<typeof testOtpOfKind>, key: SoftwareYubikey) {
    const { id: userId, email } = await createUser(database)
    const secret = Buffer.from(key.privateId + key.aesKey, 'hex')
    const columns = (id: number) => ({
      public_id: key.publicId,
      secret: otp.keys.seal(secret, { column: 'yubikey_devices.secret', id }),
      counter: -1,
    })
    const device = await addDevice(otp, undefined, kind, { userId, name: 'YubiKey', confirmed: false, columns })
    return { userId, email, deviceId: device.persistentId, token: key.touch() }
  }

  async function waiting(): Promise<number> {
    const { rowCount } = await database.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rowCount ?? 0
  }

  it('are confirmed once if two users confirm them at the same moment, and nothing is thrown', async () => {
    const otp = testOtpOfKind()
    const key = createSoftwareYubikey()
    const [first, second] = [await setUp(otp, key), await setUp(otp, key)]
    let other: Promise<Verification> | undefined
    const opens = async () => {
      other = confirmDevice(otp, second)
      await vi.waitUntil(async () => (await waiting()) > 0, { timeout: 60_000 })
      return true
    }
    expect(await confirmDevice(otp, { ...first, opens })).toMatchObject({ ok: true })
    expect(await other).toEqual({ ok: false, reason: 'verification_not_allowed' })
    expect((await database.pool.query('select from yubikey_devices where confirmed')).rowCount).toBe(1)
  })

  it('do not hide what a handler of the application throws', async () => {
    const otp = testOtpOfKind()
    const enrolment = await setUp(otp, createSoftwareYubikey())
    otp.events.on('deviceAdded', async ({ transaction }) => {
      const { email } = enrolment
      await database.models.User.create({ email, created_at: new Date() }, { transaction })
    })
    await expect(confirmDevice(otp, enrolment)).rejects.toMatchObject({ name: 'SequelizeUniqueConstraintError' })
  })
})
