import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/db/migrate.js'
import type { Database } from '../../src/db/connect.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { addDevice } from '../../src/otp/devices/add-device.js'
import { DEVICES_OF_KIND } from '../../src/otp/devices/device-limit.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { confirmDevice } from '../../src/otp/tokens/verify-token.js'
import { tokenOf, wordKind } from '../embedding/tiny-kind/word-kind.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { giveDevice, SECRET, type StateOfDevice, WORD } from '../support/device-states.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, signIn, startTestSite, type TestSite, type TestUser } from '../support/site.js'
import { addSoftwareKey } from '../support/webauthn.js'

const word = wordKind()
const account = '/account/two-factor'
const tooMany = { status: 422, code: 'too_many_devices' }
const notAllowed = { ok: false, reason: 'verification_not_allowed', message: 'errors:too_many_devices' }

describe.each(databaseKinds())('devices of one kind, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, [word])
    const environment = { BASE_URL: 'http://localhost:0', OTP_EMAIL: 'true' }
    site = await startTestSite(database, environment, undefined, { kinds: [word] })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** A user with an authenticator app, and with devices of a kind in these states. */
  async function person(kind: string, count: number, state: StateOfDevice = 'active'): Promise<TestUser> {
    const user = await createTestUser(site)
    const own = kind === 'totp' ? 1 : 0
    for (let each = own; each < count; each += 1) await giveDevice(site.otp, user.id, kind, state)
    return user
  }
  const countOf = async ({ id }: TestUser, kind: string): Promise<number> => {
    const sql = `select count(*)::int as count from ${kind}_devices where user_id = $1 and confirmed_at is not null`
    return (await database.pool.query<{ count: number }>(sql, [id])).rows[0]?.count ?? 0
  }

  /** The first token of each kind that a device shows or receives; for the others, any token. */
  const tokens: Readonly<Record<string, () => string>> = {
    totp: () => generateHotp(SECRET, timeStep(site.clock.now(), 30, 0), 6),
    hotp: () => generateHotp(SECRET, 0, 6),
    word: () => tokenOf(WORD, 1),
  }

  it.each(['totp', 'hotp', 'phone', 'email', 'word'])('are limited when one is confirmed: %s', async (kind) => {
    const user = await person(kind, DEVICES_OF_KIND)
    const id = await giveDevice(site.otp, user.id, kind, 'unconfirmed')
    const submission = { userId: user.id, deviceId: `${kind}/${id}`, token: tokens[kind]?.() ?? '123456' }
    expect(await confirmDevice(site.otp, submission)).toEqual(notAllowed)
    expect(await countOf(user, kind)).toBe(DEVICES_OF_KIND)
  })

  it.each(['totp', 'hotp', 'word'])('can be replaced after one was removed: %s', async (kind) => {
    const user = await person(kind, DEVICES_OF_KIND)
    const id = await giveDevice(site.otp, user.id, kind, 'unconfirmed')
    const submission = { userId: user.id, deviceId: `${kind}/${id}`, token: tokens[kind]?.() ?? '' }
    const { rows } = await database.pool.query<{ id: number }>(
      `select max(id) as id from ${kind}_devices where user_id = $1 and confirmed`,
      [user.id],
    )
    await database.pool.query(`delete from ${kind}_devices where id = $1`, [rows[0]?.id])
    expect(await confirmDevice(site.otp, submission)).toMatchObject({ ok: true })
  })

  it.each(['administrator', 'failures', 'sql'] as const)('include disabled ones: %s', async (state) => {
    const user = await person('hotp', DEVICES_OF_KIND, state)
    const id = await giveDevice(site.otp, user.id, 'hotp', 'unconfirmed')
    const submission = { userId: user.id, deviceId: `hotp/${id}`, token: tokens['hotp']?.() ?? '' }
    expect(await confirmDevice(site.otp, submission)).toEqual(notAllowed)
  })

  it('are counted for each kind and each user', async () => {
    const user = await person('hotp', DEVICES_OF_KIND)
    const id = await giveDevice(site.otp, user.id, 'word', 'unconfirmed')
    expect(
      await confirmDevice(site.otp, { userId: user.id, deviceId: `word/${id}`, token: tokenOf(WORD, 1) }),
    ).toMatchObject({
      ok: true,
    })
    const other = await person('hotp', DEVICES_OF_KIND - 1)
    const token = await giveDevice(site.otp, other.id, 'hotp', 'unconfirmed')
    const submission = { userId: other.id, deviceId: `hotp/${token}`, token: generateHotp(SECRET, 0, 6) }
    expect(await confirmDevice(site.otp, submission)).toMatchObject({ ok: true })
  })

  it('are limited for security keys, which have no unconfirmed state', async () => {
    const user = await person('webauthn', DEVICES_OF_KIND - 1)
    await addSoftwareKey(site.otp, user.id)
    await expect(addSoftwareKey(site.otp, user.id)).rejects.toThrow('too_many_devices')
    expect(await countOf(user, 'webauthn')).toBe(DEVICES_OF_KIND)
  })

  it('are limited for a program that adds confirmed ones, such as the command line', async () => {
    const user = await person('hotp', DEVICES_OF_KIND)
    const token = { userId: user.id, name: 'Token', secret: SECRET, digits: 6, counter: 0, confirmed: true } as const
    const adding = database.sequelize.transaction((transaction) => addHotpDevice(site.otp, transaction, token))
    await expect(adding).rejects.toMatchObject({ code: 'too_many_devices' })
    const columns = { secret: 'x' }
    const words = await person('word', DEVICES_OF_KIND)
    await expect(
      addDevice(site.otp, undefined, word, { userId: words.id, name: 'x', confirmed: true, columns }),
    ).rejects.toMatchObject({ code: 'too_many_devices' })
    expect([await countOf(user, 'hotp'), await countOf(words, 'word')]).toEqual([DEVICES_OF_KIND, DEVICES_OF_KIND])
  })

  it('do not exceed the limit when ten are confirmed at once', async () => {
    const user = await person('hotp', DEVICES_OF_KIND - 1)
    const ids: number[] = []
    for (let each = 0; each < 10; each += 1) ids.push(await giveDevice(site.otp, user.id, 'hotp', 'unconfirmed'))
    const outcomes = await Promise.all(
      ids.map((id) =>
        confirmDevice(site.otp, { userId: user.id, deviceId: `hotp/${id}`, token: generateHotp(SECRET, 0, 6) }),
      ),
    )
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
    expect(outcomes.filter(({ ok }) => !ok)).toEqual(Array.from({ length: 9 }, () => notAllowed))
    expect(await countOf(user, 'hotp')).toBe(DEVICES_OF_KIND)
  })

  it('do not exceed the limit when ten are added at once by a program, and others are confirmed', async () => {
    const user = await person('word', DEVICES_OF_KIND - 1)
    const id = await giveDevice(site.otp, user.id, 'word', 'unconfirmed')
    const device = { userId: user.id, name: 'x', confirmed: true, columns: { secret: 'x' } }
    await Promise.allSettled([
      ...Array.from({ length: 10 }, () => addDevice(site.otp, undefined, word, device)),
      confirmDevice(site.otp, { userId: user.id, deviceId: `word/${id}`, token: tokenOf(WORD, 1) }),
    ])
    expect(await countOf(user, 'word')).toBe(DEVICES_OF_KIND)
  })

  const setups = [
    ['hotp', '/hardware-tokens/add', { name: 'Token', key: SECRET.toString('hex') }],
    ['phone', '/phones/add', { phone_number: '+41791234567', phone_method: 'sms' }],
    ['email', '/email/add', {}],
    ['webauthn', '/security-keys/add', {}],
    ['word', '/word/add', { name: 'Word' }],
  ] as const

  it.each(setups)('are rejected by the setup page before anything is sent: %s', async (kind, path, form) => {
    const user = await person(kind, DEVICES_OF_KIND)
    const browser = await signIn(site, user)
    const jobs = async () => (await database.pool.query('select from graphile_worker._private_jobs')).rowCount
    const before = await jobs()
    for (const answer of [await browser.get(account + path), await browser.post(account + path, form)]) {
      expect(answer).toMatchObject(tooMany)
      expect(answer.text).toContain('You already have 20 devices of this kind')
    }
    expect(await jobs()).toBe(before)
  })

  it.each(['totp', 'phone', 'email', 'webauthn', 'word'])('are rejected by the wizard: %s', async (method) => {
    const browser = await signIn(site, await person(method, DEVICES_OF_KIND))
    expect(await browser.post(`${account}/setup`, { method })).toMatchObject(tooMany)
  })

  it('do not exceed the limit through two tabs that finish their setups at once', async () => {
    const user = await person('word', DEVICES_OF_KIND - 1)
    const browser = await signIn(site, user)
    const begin = async (name: string) =>
      (await browser.post(`${account}/word/add`, { name, word: WORD })).location ?? 'no setup'
    const setups = [await begin('1'), await begin('2'), await begin('3')]
    const finished = await Promise.all(setups.map((setup) => browser.post(setup, { otp_token: tokenOf(WORD, 1) })))
    expect(finished.filter(({ location }) => location === `${account}/setup/complete`)).toHaveLength(1)
    // Each of the others lost the session, or found the kind full, whichever came first.
    for (const setup of setups)
      expect((await browser.post(setup, { otp_token: tokenOf(WORD, 2) })).status).not.toBe(303)
    expect(await countOf(user, 'word')).toBe(DEVICES_OF_KIND)
  })

  it('do not count unfinished setups, of which there are three at most', async () => {
    const user = await person('word', DEVICES_OF_KIND - 1)
    const browser = await signIn(site, user)
    for (let each = 0; each < 5; each += 1)
      await browser.post(`${account}/word/add`, { name: `Word ${each}`, word: WORD })
    const setup = await browser.post(`${account}/word/add`, { name: 'Word', word: WORD })
    const finished = await browser.post(setup.location ?? '', { otp_token: tokenOf(WORD, 1) })
    expect(finished.location).toBe(`${account}/setup/complete`)
    expect(await countOf(user, 'word')).toBe(DEVICES_OF_KIND)
  })

  it('are confirmed in nobody else’s setup', async () => {
    const browser = await signIn(site, await person('word', 0))
    const setup = (await browser.post(`${account}/word/add`, { name: 'Word', word: WORD })).location ?? ''
    const other = await signIn(site, await person('word', DEVICES_OF_KIND))
    expect(await other.post(setup, { otp_token: tokenOf(WORD, 1) })).toMatchObject({ status: 404 })
    expect(await other.get(setup)).toMatchObject({ status: 404 })
  })

  it('are not mentioned to someone who knows only the password', async () => {
    const user = await person('hotp', DEVICES_OF_KIND)
    const browser: HttpBrowser = site.browser()
    await browser.post('/account/login', { username: user.email, password: user.password })
    const answer = await browser.get(`${account}/hardware-tokens/add`)
    expect(answer).toMatchObject({ status: 302, location: expect.stringMatching(/^\/account\/login/) })
  })

  it('keep all that an account has above the limit, and let its owner remove them', async () => {
    const user = await person('hotp', DEVICES_OF_KIND + 2)
    const browser = await signIn(site, user)
    expect((await browser.get(account)).status).toBe(200)
    const { rows } = await database.pool.query<{ id: number }>('select id from hotp_devices where user_id = $1', [
      user.id,
    ])
    expect((await browser.post(`${account}/devices/hotp/${rows[0]?.id}/remove`)).status).toBe(303)
    expect(await countOf(user, 'hotp')).toBe(DEVICES_OF_KIND + 1)
  })
})
