import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrate.js'
import type { Database } from '../../src/db/connect.js'
import { addDevice } from '../../src/otp/devices/add-device.js'
import { addEmailDevice } from '../../src/kinds/email/add-device.js'
import { addPhoneDevice } from '../../src/kinds/phone/add-device.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { UNFINISHED_SETUPS } from '../../src/otp/devices/setup-limit.js'
import { type TestOtp, testOtp } from '../support/otp.js'
import { wordKind } from '../embedding/tiny-kind/word-kind.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { deviceModels } from '../support/device-models.js'

const word = wordKind()
const tables = ['totp', 'hotp', 'phone', 'email', 'word']
const key = '3132333435363738393031323334353637383930'

describe.each(databaseKinds())('unfinished setups, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  let otp: TestOtp
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, [word])
    site = await startTestSite(database, { BASE_URL: 'http://localhost:0', OTP_PASSKEY_LOGIN: 'true' }, undefined, {
      kinds: [word],
    })
    otp = { ...testOtp(database), kinds: site.otp.kinds, everyKind: site.otp.everyKind }
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const unfinished = async ({ id }: { id: number }): Promise<string[]> => {
    const union = tables.map(
      (kind) =>
        `select '${kind}/' || id as device, created_at, id from ${kind}_devices where user_id = $1 and confirmed_at is null`,
    )
    const { rows } = await database.pool.query(
      `select device from (${union.join(' union all ')}) every order by created_at, id`,
      [id],
    )
    return rows.map(({ device }) => device)
  }
  const adders: Readonly<Record<string, (user: { id: number; email: string }) => Promise<unknown>>> = {
    totp: (user) =>
      database.sequelize.transaction((transaction) =>
        addTotpDevice(otp, transaction, { user, name: 'x', confirmed: false }),
      ),
    hotp: ({ id: userId }) =>
      database.sequelize.transaction((transaction) =>
        addHotpDevice(otp, transaction, {
          userId,
          name: 'x',
          secret: Buffer.alloc(20, 1),
          digits: 6,
          counter: 0,
          confirmed: false,
        }),
      ),
    phone: ({ id: userId }) =>
      addPhoneDevice(otp, undefined, { userId, name: 'x', confirmed: false, number: '+41791234567', method: 'sms' }),
    email: ({ id: userId }) => addEmailDevice(otp, undefined, { userId, name: 'x', confirmed: false, address: null }),
    word: ({ id: userId }) =>
      database.sequelize.transaction((transaction) =>
        addDevice(otp, transaction, word, { userId, name: 'x', confirmed: false, columns: () => ({ secret: 'x' }) }),
      ),
  }

  it.each(tables)('of one user are limited to the newest ones: %s', async (kind) => {
    const person = await createTestUser(site, { app: false })
    const confirmed = await createTestUser(site)
    for (let count = 0; count < UNFINISHED_SETUPS + 2; count += 1) {
      await adders[kind]?.(person)
      otp.clock.advance(1)
    }
    const left = await unfinished(person)
    expect(left).toHaveLength(UNFINISHED_SETUPS)
    expect(new Set(left.map((device) => device.split('/')[0]))).toEqual(new Set([kind]))
    await adders[kind]?.(person)
    expect((await unfinished(person)).slice(0, -1)).toEqual(left.slice(1))
    expect(await deviceModels(database).TotpDevice.count({ where: { user_id: confirmed.id } })).toBe(1)
  })

  it('of all kinds together are limited, even if many begin at once', async () => {
    const person = await createTestUser(site, { app: false })
    await Promise.all([...tables, ...tables].map(async (kind) => adders[kind]?.(person)))
    expect(await unfinished(person)).toHaveLength(UNFINISHED_SETUPS)
  })

  it('never remove a device that is active or disabled', async () => {
    const person = await createTestUser(site)
    await adders['hotp']?.(person)
    await database.pool.query('update hotp_devices set confirmed = true where user_id = $1', [person.id])
    await database.pool.query('update hotp_devices set confirmed = false where user_id = $1', [person.id])
    for (let count = 0; count < UNFINISHED_SETUPS + 2; count += 1) await adders['hotp']?.(person)
    const { rows } = await database.pool.query('select confirmed_at from hotp_devices where user_id = $1 order by id', [
      person.id,
    ])
    expect(rows).toHaveLength(UNFINISHED_SETUPS + 1)
    expect(rows[0].confirmed_at).not.toBeNull()
  })

  it('are limited on the pages as well, and the newest can be finished', async () => {
    const person = await createTestUser(site, { app: false, staff: false })
    const browser = await signIn(site, person)
    let last = ''
    for (let count = 0; count < 8; count += 1) {
      // A separate form each time: the same one twice is one submission.
      const form = { name: `Token ${count}`, key, digits: '6', counter: '1' }
      const added = await browser.post('/account/two-factor/hardware-tokens/add', form)
      expect(added.status).toBe(303)
      last = added.location ?? ''
    }
    expect(await unfinished(person)).toHaveLength(UNFINISHED_SETUPS)
    expect((await browser.get(last)).status).toBe(200)
  })

  const challengesOf = async (person: TestUser | null) => {
    const { rows } = await database.pool.query(
      'select purpose from webauthn_challenges where user_id is not distinct from $1',
      [person?.id ?? null],
    )
    return rows.map(({ purpose }) => purpose)
  }

  it('store few challenges for new security keys, in any number of sessions', async () => {
    const person = await createTestUser(site, { app: false, staff: false })
    const one = await signIn(site, person)
    for (let count = 0; count < 8; count += 1) await one.post('/account/two-factor/security-keys/add/options')
    expect(await challengesOf(person)).toEqual(['add'])
    for (let count = 0; count < 5; count += 1) {
      const other = await signIn(site, person)
      await other.post('/account/two-factor/security-keys/add/options')
    }
    expect(await challengesOf(person)).toEqual(['add', 'add', 'add'])
  })

  it('store one challenge for each session that asks for a passkey', async () => {
    const browser = site.browser()
    const before = (await challengesOf(null)).length
    for (let count = 0; count < 8; count += 1)
      expect((await browser.post('/account/login/passkey/options')).status).toBe(200)
    expect(await challengesOf(null)).toHaveLength(before + 1)
  })
})
