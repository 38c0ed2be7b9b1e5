import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail } from '../support/challenges.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { startDeliveries } from '../support/deliveries.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'
import { createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

const login = '/account/login'
const verify = '/account/verify'
const WRONG_TOKEN = 'AAAA-AAAA-AAAA-AAAA'
const accepted = { status: 303 }
const rejected = { status: 422, code: 'invalid_token' }
const throttled = { status: 429, code: 'n_failed_attempts' }

describe.each(databaseKinds())('lanes of failed attempts, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    site = await startTestSite(database, {
      BASE_URL: 'http://localhost:0',
      OTP_EMAIL: 'true',
      OTP_PASSKEY_LOGIN: 'true',
      TRUST_BROWSER_DAYS: '7',
    })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const owner = (traits: TestUserTraits = {}) => createTestUser(site, { backupTokens: 3, ...traits })
  const enter = async (person: TestUser, browser = site.browser()): Promise<HttpBrowser> => {
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  }
  const rowOf = async (device: string | undefined) => {
    const [kind, id] = (device ?? '').split('/')
    const { rows } = await database.pool.query(`select * from ${kind}_devices where id = $1`, [id])
    return rows[0]
  }

  /** Wrong codes from an attacker's browser, each as soon as the device accepts an attempt. */
  const attack = async (person: TestUser, times: number, token = '000000', device = person.app?.persistentId ?? '') => {
    const eve = await enter(person)
    for (let tries = 1; tries <= times; tries += 1) {
      expect(await eve.post(login, { otp_device: device, otp_token: token })).toMatchObject(rejected)
      site.clock.advance(2 ** (tries - 1) + 1)
    }
    return eve
  }
  const lock = async (person: TestUser) => {
    await attack(person, 9)
    const eve = await enter(person)
    const form = { otp_device: person.app?.persistentId ?? '', otp_token: '000000' }
    expect(await eve.post(login, form)).toMatchObject(rejected)
    expect(await (await enter(person)).post(login, { otp_token: person.code() })).toMatchObject(throttled)
  }

  describe('while wrong codes have locked the account', () => {
    it('accepts a backup token from any browser', async () => {
      const person = await owner()
      await lock(person)
      const alice = await enter(person)
      const form = { otp_device: person.backup?.persistentId ?? '', otp_token: person.backupTokens[0] ?? '' }
      expect(await alice.post(login, form)).toMatchObject(accepted)
    })

    it('accepts a backup token together with the password in one form, with and without its device', async () => {
      const person = await owner()
      await lock(person)
      for (const [index, device] of [person.backup?.persistentId, undefined].entries()) {
        const form = { username: person.email, password: person.password, ...(device && { otp_device: device }) }
        const token = { otp_token: person.backupTokens[index] ?? '' }
        expect(await site.browser().post(login, { ...form, ...token })).toMatchObject(accepted)
      }
    })

    it('accepts a security key from any browser', async () => {
      const person = await owner()
      const { key } = await addSoftwareKey(site.otp, person.id)
      await lock(person)
      const alice = await enter(person)
      const options = JSON.parse((await alice.post(`${login}/security-key`)).text)
      const form = { otp_token: key.answer({ ...options, origin: site.baseUrl }) }
      expect(await alice.post(login, form)).toMatchObject(accepted)
    })

    it('lets a trusted browser in with the password alone, and keeps its series', async () => {
      const person = await owner()
      const browser = await enter(person)
      await browser.post(login, { otp_token: person.code(), trust_browser: 'on' })
      await browser.post('/account/logout')
      await lock(person)
      expect((await browser.post(login, { username: person.email, password: person.password })).location).toBe('/admin')
      await browser.post('/account/logout')
      expect((await browser.post(login, { username: person.email, password: person.password })).location).toBe('/admin')
    })

    it('accepts a recent token in a session that was verified before, and then a new password', async () => {
      const person = await owner()
      const alice = await signIn(site, person)
      await lock(person)
      const change = { password: person.password, new_password: 'quite another passphrase' }
      expect((await alice.post('/account/password/change', change)).location).toMatch(/^\/account\/verify/)
      expect(await alice.post(verify, { otp_token: person.code() })).toMatchObject(accepted)
      expect((await alice.post('/account/password/change', change)).location).not.toMatch(/^\/account\/verify/)
    })

    it('accepts a code in a browser in which the person has signed in before', async () => {
      const person = await owner()
      const alice = await signIn(site, person)
      await alice.post('/account/logout')
      await lock(person)
      await enter(person, alice)
      expect(await alice.post(login, { otp_token: person.code() })).toMatchObject(accepted)
    })

    it('sends codes to such a browser, and none to the attacker', async () => {
      const person = await owner()
      const alice = await signIn(site, person)
      await alice.post('/account/logout')
      const device = await addEmail(site.otp, person.id)
      await lock(person)
      const ask = { otp_device: device.persistentId, otp_challenge: '1' }
      // Without a worker the page waits ten seconds for the email.
      const deliveries = startDeliveries(database, site, { embedded: where === 'embedded' })
      expect(await (await enter(person)).post(login, ask)).toMatchObject(throttled)
      expect(await (await enter(person, alice)).post(login, ask)).toMatchObject(accepted)
      expect(deliveries.mailedCode(person.email)).toMatch(/^\d{6}$/)
      await deliveries.stop()
    })

    it('rejects codes of every kind that can be guessed from any other browser', async () => {
      const person = await owner()
      const key = Buffer.alloc(20, 3)
      const token = { userId: person.id, name: 'Token', secret: key, digits: 6, counter: 0, confirmed: true } as const
      const hotp = await database.sequelize.transaction((transaction) => addHotpDevice(site.otp, transaction, token))
      await lock(person)
      const eve = await enter(person)
      for (const device of [person.app?.persistentId ?? '', hotp.persistentId])
        expect(await eve.post(login, { otp_device: device, otp_token: '123456' })).toMatchObject(throttled)
    })
  })

  describe('backup tokens and security keys', () => {
    it('cannot be locked or disabled by wrong ones, however many an attacker sends', async () => {
      const person = await owner()
      const backup = person.backup?.persistentId ?? ''
      await database.pool.query('update static_devices set failure_count = 99 where user_id = $1', [person.id])
      for (let tries = 0; tries < 15; tries += 1)
        expect(await (await enter(person)).post(login, { otp_device: backup, otp_token: WRONG_TOKEN })).toMatchObject(
          rejected,
        )
      expect(await rowOf(backup)).toMatchObject({ confirmed: true, failure_count: 114 })
      const form = { otp_device: backup, otp_token: person.backupTokens[0] ?? '' }
      expect(await (await enter(person)).post(login, form)).toMatchObject(accepted)
    })

    it('are throttled separately in the browser that sent the wrong ones', async () => {
      const person = await owner()
      const form = { otp_device: person.backup?.persistentId ?? '', otp_token: WRONG_TOKEN }
      const browser = await enter(person)
      expect(await browser.post(login, form)).toMatchObject(rejected)
      expect(await browser.post(login, form)).toMatchObject({ ...throttled, headers: { 'retry-after': '1' } })
      site.clock.advance(1)
      expect(await browser.post(login, form)).toMatchObject(rejected)
      expect(await browser.post(login, form)).toMatchObject({ ...throttled, headers: { 'retry-after': '2' } })
    })

    it('never lock codes', async () => {
      const person = await owner()
      for (let tries = 0; tries < 12; tries += 1) {
        const form = { otp_device: person.backup?.persistentId ?? '', otp_token: WRONG_TOKEN }
        await (await enter(person)).post(login, form)
      }
      expect(await (await enter(person)).post(login, { otp_token: person.code() })).toMatchObject(accepted)
    })

    it('count no input that cannot be one of them, and codes count none that cannot be a code', async () => {
      const person = await owner()
      const browser = await enter(person)
      const [app, backup] = [person.app?.persistentId ?? '', person.backup?.persistentId ?? '']
      const wrong = [
        [backup, '000000'],
        [backup, 'x'.repeat(64)],
        [app, '12345'],
        [app, WRONG_TOKEN],
        [app, 'password'],
      ]
      for (const [device = '', token = ''] of wrong)
        expect(await browser.post(login, { otp_device: device, otp_token: token })).toMatchObject(rejected)
      for (const device of [app, backup]) expect(await rowOf(device)).toMatchObject({ failure_count: 0 })
      expect(await browser.post(login, { otp_token: person.code() })).toMatchObject(accepted)
    })
  })

  describe('a passkey alone', () => {
    const passkey = `${login}/passkey`
    const byPasskey = async (browser: HttpBrowser) => {
      const options = JSON.parse((await browser.post(`${passkey}/options`)).text)
      return { ...options, origin: site.baseUrl, userVerified: true }
    }

    it('counts an invalid signature neither for the key nor for the account', async () => {
      const person = await owner({ app: false, staff: false })
      const { device, key } = await addSoftwareKey(site.otp, person.id)
      for (let tries = 1; tries <= 12; tries += 1) {
        const eve = site.browser()
        const answer = JSON.parse(key.answer(await byPasskey(eve)))
        answer.response.signature = 'AAAA'
        const form = { otp_token: JSON.stringify(answer) }
        expect(await eve.post(passkey, form)).toMatchObject({ status: 422, code: 'invalid_login' })
      }
      const failures = await database.pool.query('select token_failed_at, token_failures from users where id = $1', [
        person.id,
      ])
      expect(failures.rows).toEqual([{ token_failed_at: [], token_failures: {} }])
      expect(await rowOf(device.persistentId)).toMatchObject({ failure_count: 0, failed_at: null })
      const bob = await enter(person)
      const options = JSON.parse((await bob.post(`${login}/security-key`)).text)
      expect(await bob.post(login, { otp_token: key.answer({ ...options, origin: site.baseUrl }) })).toMatchObject(
        accepted,
      )
    })

    it('does not count the answer of another key, and signs in a user whose codes are locked', async () => {
      const person = await owner()
      const { device, key } = await addSoftwareKey(site.otp, person.id)
      await lock(person)
      const eve = site.browser()
      const options = await byPasskey(eve)
      const { id, rawId } = JSON.parse(key.answer(options))
      const named = JSON.stringify({ ...JSON.parse(createSoftwareKey().answer(options)), id, rawId })
      expect((await eve.post(passkey, { otp_token: named })).status).toBe(422)
      expect(await rowOf(device.persistentId)).toMatchObject({ failure_count: 0 })
      const alice = site.browser()
      const form = { otp_token: key.answer(await byPasskey(alice)) }
      expect((await alice.post(passkey, form)).location).toBe('/admin')
    })
  })

  describe('the limit of an account', () => {
    const addApp = (person: TestUser, key: number) =>
      database.sequelize.transaction((transaction) =>
        addTotpDevice(site.otp, transaction, {
          user: person,
          name: 'Other app',
          secret: Buffer.alloc(20, key),
          confirmed: true,
        }),
      )
    const oneForm = (person: TestUser, token: string) =>
      site.browser().post(login, { username: person.email, password: person.password, otp_token: token })

    it('counts an attempt once for each device that it is compared with', async () => {
      const open = await startTestSite(database, { OTP_THROTTLE_FACTOR: '0' })
      const person = await createTestUser(open)
      await addApp(person, 4)
      await addApp(person, 5)
      const guess = (token: string) =>
        open.browser().post(login, { username: person.email, password: person.password, otp_token: token })
      for (const _ of [1, 2, 3, 4]) expect(await guess('000000')).toMatchObject(rejected)
      // Nine comparisons are counted after three attempts, and the fourth is compared with one device only.
      expect(await guess('000000')).toMatchObject(throttled)
      const { rows } = await database.pool.query(
        'select sum(failure_count)::int as compared from totp_devices where user_id = $1',
        [person.id],
      )
      expect(rows).toEqual([{ compared: 10 }])
      await open.close()
    })

    it('does not count a code that another device of the user accepts, however often', async () => {
      const person = await owner()
      await addApp(person, 6)
      for (let times = 0; times < 12; times += 1) {
        site.clock.advance(30)
        expect(await oneForm(person, person.code())).toMatchObject(accepted)
      }
      const { rows } = await database.pool.query('select token_failed_at from users where id = $1', [person.id])
      expect(rows).toEqual([{ token_failed_at: [] }])
    })

    it("keeps an attacker's failures when the owner signs in, in every way", async () => {
      const verifiedBefore = new Map<TestUser, HttpBrowser>()
      const ways: Record<string, (person: TestUser) => Promise<unknown>> = {
        'in a new browser': async (person) =>
          expect(await (await enter(person)).post(login, { otp_token: person.code() })).toMatchObject(accepted),
        'in one form': async (person) => expect(await oneForm(person, person.code())).toMatchObject(accepted),
        'in a session that was verified before': async (person) => {
          const session = verifiedBefore.get(person)
          expect(await session?.post(verify, { otp_token: person.code() })).toMatchObject(accepted)
        },
        'in a browser that is known': async (person) => {
          const browser = verifiedBefore.get(person)
          await browser?.post('/account/logout')
          await enter(person, browser)
          expect(await browser?.post(login, { otp_token: person.code() })).toMatchObject(accepted)
        },
        'with a backup token': async (person) =>
          expect(await oneForm(person, person.backupTokens[0] ?? '')).toMatchObject(accepted),
      }
      for (const way of Object.values(ways)) {
        const person = await owner()
        verifiedBefore.set(person, await signIn(site, person))
        await attack(person, 9)
        await way(person)
        expect(await rowOf(person.app?.persistentId)).toMatchObject({ failure_count: 9 })
        const eve = await enter(person)
        const form = { otp_device: person.app?.persistentId ?? '', otp_token: '000000' }
        expect(await eve.post(login, form)).toMatchObject(rejected)
        expect(await eve.post(login, form)).toMatchObject(throttled)
        site.clock.advance(300)
        // Nine and this one within a quarter of an hour, although the owner has signed in in between.
        expect(await eve.post(login, form)).toMatchObject(throttled)
      }
    })

    it('clears the failures of the session that signs in, and of no other', async () => {
      const person = await owner()
      await attack(person, 2)
      const alice = await enter(person)
      site.clock.advance(10)
      expect(await alice.post(login, { otp_token: '000000' })).toMatchObject(rejected)
      site.clock.advance(10)
      await enter(person, alice)
      expect(await alice.post(login, { otp_token: person.code() })).toMatchObject(accepted)
      expect(await rowOf(person.app?.persistentId)).toMatchObject({ failure_count: 2 })
    })

    it('applies to many concurrent attempts', async () => {
      const open = await startTestSite(database, { OTP_THROTTLE_FACTOR: '0' })
      const person = await createTestUser(open)
      const browsers = await Promise.all(
        Array.from({ length: 15 }, async () => {
          const browser = open.browser()
          await browser.post(login, { username: person.email, password: person.password })
          return browser
        }),
      )
      const answers = await Promise.all(browsers.map((browser) => browser.post(login, { otp_token: '000000' })))
      expect(answers.filter(({ status }) => status === 422)).toHaveLength(10)
      await open.close()
    })

    it('is shared by all sessions of a user, and by all known browsers of a user', async () => {
      const open = await startTestSite(database, { OTP_THROTTLE_FACTOR: '0' })
      const person = await createTestUser(open)
      const browsers = [await signIn(open, person), await signIn(open, person)]
      for (let index = 0; index < 10; index += 1)
        expect(await browsers[index % 2]?.post(verify, { otp_token: '000000' })).toMatchObject(rejected)
      for (const browser of browsers)
        expect(await browser.post(verify, { otp_token: person.code() })).toMatchObject(throttled)
      for (const browser of browsers) await browser.post('/account/logout')
      for (let index = 0; index < 10; index += 1) {
        const browser = browsers[index % 2]
        await browser?.post(login, { username: person.email, password: person.password })
        expect(await browser?.post(login, { otp_token: '000000' })).toMatchObject(rejected)
      }
      expect(await browsers[1]?.post(login, { otp_token: person.code() })).toMatchObject(throttled)
      await open.close()
    })

    it('does not know a browser that was signed in with the password alone', async () => {
      const person = await createTestUser(site, { app: false, staff: false })
      const eve = await enter(person)
      expect(eve.cookies.has('otp_browser')).toBe(true)
      await eve.post('/account/logout')
      await addApp(person, 7)
      const { rows } = await database.pool.query('select id from totp_devices where user_id = $1', [person.id])
      await database.pool.query(
        `update users set token_failed_at = array_fill($2::timestamptz, array[10]) where id = $1`,
        [person.id, site.clock.now()],
      )
      await enter(person, eve)
      const form = { otp_device: `totp/${rows[0].id}`, otp_token: '000000' }
      expect(await eve.post(login, form)).toMatchObject(throttled)
    })

    it('disables the device of a code after 100 failures over all lanes', async () => {
      const person = await owner()
      const alice = await signIn(site, person)
      await database.pool.query('update totp_devices set failure_count = 98, failed_at = null where user_id = $1', [
        person.id,
      ])
      await alice.post(verify, { otp_token: '000000' })
      expect(await rowOf(person.app?.persistentId)).toMatchObject({ confirmed: true, failure_count: 99 })
      await (await enter(person)).post(login, { otp_device: person.app?.persistentId ?? '', otp_token: '000000' })
      expect(await rowOf(person.app?.persistentId)).toMatchObject({ confirmed: false })
    })
  })

  describe('a clock that was ahead for a while', () => {
    const DAY = 24 * 3600

    it('never extends the wait of a device or an account beyond its length from now', async () => {
      const person = await owner()
      site.clock.advance(DAY)
      await attack(person, 9)
      const eve = await enter(person)
      await eve.post(login, { otp_token: '000000' })
      site.clock.advance(-DAY)
      const alice = await enter(person)
      const wait = await alice.post(login, { otp_token: person.code() })
      expect(wait).toMatchObject({ ...throttled, headers: { 'retry-after': '900' } })
      site.clock.advance(900)
      await enter(person, alice)
      expect(await alice.post(login, { otp_token: person.code() })).toMatchObject(accepted)
    })

    it('never extends the wait of a session either', async () => {
      const person = await owner()
      const alice = await signIn(site, person)
      site.clock.advance(3000)
      await alice.post(verify, { otp_token: '000000' })
      site.clock.advance(-2970)
      expect(await alice.post(verify, { otp_token: person.code() })).toMatchObject(throttled)
      site.clock.advance(1)
      expect(await alice.post(verify, { otp_token: person.code() })).toMatchObject(accepted)
    })
  })
})
