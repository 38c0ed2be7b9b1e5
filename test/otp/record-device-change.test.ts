import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noClient } from '../../src/client-info.js'
import type { Database } from '../../src/db/connect.js'
import type { Device } from '../../src/otp/device.js'
import { devicesForUser } from '../../src/otp/devices/devices-for-user.js'
import type { Actor, OtpEvents } from '../../src/otp/events.js'
import {
  recordDeviceAdded,
  recordDeviceDisabled,
  recordDeviceEnabled,
  recordDeviceRemoved,
} from '../../src/otp/devices/record-device-change.js'
import { openTestDatabase } from '../support/database.js'
import { giveDevice, type StateOfDevice } from '../support/device-states.js'
import { createUser, testOtp, type TestOtp } from '../support/otp.js'

type Change = OtpEvents['deviceAdded'] & Actor

describe('a change of a device', () => {
  let database: Database
  let otp: TestOtp
  beforeAll(async () => {
    database = await openTestDatabase()
    otp = testOtp(database)
  })
  afterAll(() => database.close())

  const count = async (sql: string, values: readonly unknown[] = []) =>
    (await database.pool.query<{ count: number }>(`select count(*)::int as count from ${sql}`, [...values])).rows[0]
      ?.count
  const emails = () => count('graphile_worker.jobs')

  /** Adds an owner with a device and a trusted browser. */
  async function owner(kind: string, state: StateOfDevice = 'active'): Promise<Device> {
    const { id: userId } = await createUser(database)
    const id = await giveDevice(otp, userId, kind, state)
    await database.pool.query(
      `insert into trusted_browsers (user_id, device, series_hash, token_hash, rotated_at, created_at, expires_at)
      values ($1, 'totp/1', $2, $2, now(), now(), now() + interval '1 day')`,
      [userId, `${userId}`],
    )
    const devices = await devicesForUser(otp, userId, { confirmed: null })
    const device = devices.find((own) => own.id === id)
    if (!device) throw new Error('The device was not added.')
    return device
  }

  /** Records one change, and returns what it has written. */
  async function effects(device: Device, by: Actor['by'], record: (change: Change) => Promise<void>) {
    const { userId } = device
    const actorId = by === 'administrator' ? (await createUser(database)).id : null
    const before = (await emails()) ?? 0
    await database.sequelize.transaction((transaction) =>
      record({ userId, device, at: otp.clock.now(), client: noClient, transaction, by, actorId }),
    )
    const { rows } = await database.pool.query('select event, device, details from audit_events where user_id = $1', [
      userId,
    ])
    const trusted = await count('trusted_browsers where user_id = $1', [userId])
    return { audit: rows, emails: ((await emails()) ?? 0) - before, trusted }
  }

  const added = (change: Change) => recordDeviceAdded(otp, change)
  const removed = (all: boolean) => (change: Change) => recordDeviceRemoved(otp, { ...change, all })
  const disabled = (change: Change) => recordDeviceDisabled(otp, change)
  const enabled = (change: Change) => recordDeviceEnabled(otp, change)

  it.each([
    ['an addition by the owner', 'owner', added, 'device_added'],
    ['an addition on the command line', 'command_line', added, 'device_added'],
    ['a removal by the owner', 'owner', removed(false), 'device_removed'],
    ['a removal by an administrator', 'administrator', removed(false), 'device_removed'],
    ['too many failures', 'failures', disabled, 'device_switched_off'],
    ['a device disabled by an administrator', 'administrator', disabled, 'device_switched_off'],
  ] as const)(
    'writes to the audit log, emails the owner and ends trusted browsers: %s',
    async (_, by, record, event) => {
      const device = await owner('totp')
      const details = { name: device.name, ...(by === 'command_line' && { by: 'command line' }) }
      expect(await effects(device, by, record)).toEqual({
        audit: [{ event, device: device.persistentId, details }],
        emails: 1,
        trusted: 0,
      })
    },
  )

  it('leaves trusted browsers when a device is enabled again', async () => {
    const written = await effects(await owner('totp'), 'administrator', enabled)
    expect(written).toMatchObject({ audit: [{ event: 'device_enabled' }], emails: 1, trusted: 1 })
  })

  it('leaves trusted browsers when backup tokens change', async () => {
    expect(await effects(await owner('static'), 'owner', removed(false))).toMatchObject({ emails: 1, trusted: 1 })
  })

  it('sends no email about a device that is removed with all others, or whose setup was never finished', async () => {
    expect(await effects(await owner('totp'), 'owner', removed(true))).toMatchObject({ emails: 0, trusted: 0 })
    const unfinished = await owner('totp', 'unconfirmed')
    expect(await effects(unfinished, 'administrator', removed(false))).toMatchObject({ emails: 0, trusted: 0 })
  })

  it('writes nothing if a handler of the application throws', async () => {
    const device = await owner('totp')
    const before = await emails()
    const stop = otp.events.on('deviceRemoved', () => Promise.reject(new Error('no')))
    await expect(effects(device, 'owner', removed(false))).rejects.toThrow('no')
    stop()
    const events = await count('audit_events where user_id = $1', [device.userId])
    const trusted = await count('trusted_browsers where user_id = $1', [device.userId])
    expect({ events, trusted, emails: await emails() }).toEqual({ events: 0, trusted: 1, emails: before })
  })
})
