import { describe, expect, it } from 'vitest'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { databaseKinds } from '../support/database.js'
import { accepted, rejected, throttled, useFailedAttempts } from '../support/failed-attempts.js'
import { createTestUser, signIn, startTestSite, type TestUser } from '../support/site.js'

const login = '/account/login'
const verify = '/account/verify'

describe.each(databaseKinds())('lanes of failed attempts, on the %s database', (where) => {
  const { attack, enter, owner, rowOf, site } = useFailedAttempts(where)

  describe('the limit of an account', () => {
    const addApp = (person: TestUser, key: number) =>
      site().database.sequelize.transaction((transaction) =>
        addTotpDevice(site().otp, transaction, {
          user: person,
          name: 'Other app',
          secret: Buffer.alloc(20, key),
          confirmed: true,
        }),
      )
    const oneForm = (person: TestUser, token: string) =>
      site().browser().post(login, { username: person.email, password: person.password, otp_token: token })

    it('counts an attempt once for each device that it is compared with', async () => {
      const open = await startTestSite(site().database, { OTP_THROTTLE_FACTOR: '0' })
      const person = await createTestUser(open)
      await addApp(person, 4)
      await addApp(person, 5)
      const guess = (token: string) =>
        open.browser().post(login, { username: person.email, password: person.password, otp_token: token })
      for (const _ of [1, 2, 3, 4]) expect(await guess('000000')).toMatchObject(rejected)
      // Nine comparisons are counted after three attempts, and the fourth is compared with one device only.
      expect(await guess('000000')).toMatchObject(throttled)
      const { rows } = await site().database.pool.query(
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
        site().clock.advance(30)
        expect(await oneForm(person, person.code())).toMatchObject(accepted)
      }
      const { rows } = await site().database.pool.query('select token_failed_at from users where id = $1', [person.id])
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
        verifiedBefore.set(person, await signIn(site(), person))
        await attack(person, 9)
        await way(person)
        expect(await rowOf(person.app?.persistentId)).toMatchObject({ failure_count: 9 })
        const eve = await enter(person)
        const form = { otp_device: person.app?.persistentId ?? '', otp_token: '000000' }
        expect(await eve.post(login, form)).toMatchObject(rejected)
        expect(await eve.post(login, form)).toMatchObject(throttled)
        site().clock.advance(300)
        // Nine and this one within a quarter of an hour, although the owner has signed in in between.
        expect(await eve.post(login, form)).toMatchObject(throttled)
      }
    })

    it('clears the failures of the session that signs in, and of no other', async () => {
      const person = await owner()
      await attack(person, 2)
      const alice = await enter(person)
      site().clock.advance(10)
      expect(await alice.post(login, { otp_token: '000000' })).toMatchObject(rejected)
      site().clock.advance(10)
      await enter(person, alice)
      expect(await alice.post(login, { otp_token: person.code() })).toMatchObject(accepted)
      expect(await rowOf(person.app?.persistentId)).toMatchObject({ failure_count: 2 })
    })

    it('applies to many concurrent attempts', async () => {
      const open = await startTestSite(site().database, { OTP_THROTTLE_FACTOR: '0' })
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
      const open = await startTestSite(site().database, { OTP_THROTTLE_FACTOR: '0' })
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
      const person = await createTestUser(site(), { app: false, staff: false })
      const eve = await enter(person)
      expect(eve.cookies.has('otp_browser')).toBe(true)
      await eve.post('/account/logout')
      await addApp(person, 7)
      const { rows } = await site().database.pool.query('select id from totp_devices where user_id = $1', [person.id])
      await site().database.pool.query(
        `update users set token_failed_at = array_fill($2::timestamptz, array[10]) where id = $1`,
        [person.id, site().clock.now()],
      )
      await enter(person, eve)
      const form = { otp_device: `totp/${rows[0].id}`, otp_token: '000000' }
      expect(await eve.post(login, form)).toMatchObject(throttled)
    })

    it('disables the device of a code after 100 failures over all lanes', async () => {
      const person = await owner()
      const alice = await signIn(site(), person)
      await site().database.pool.query(
        'update totp_devices set failure_count = 98, failed_at = null where user_id = $1',
        [person.id],
      )
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
      site().clock.advance(DAY)
      await attack(person, 9)
      const eve = await enter(person)
      await eve.post(login, { otp_token: '000000' })
      site().clock.advance(-DAY)
      const alice = await enter(person)
      const wait = await alice.post(login, { otp_token: person.code() })
      expect(wait).toMatchObject({ ...throttled, headers: { 'retry-after': '900' } })
      site().clock.advance(900)
      await enter(person, alice)
      expect(await alice.post(login, { otp_token: person.code() })).toMatchObject(accepted)
    })

    it('never extends the wait of a session either', async () => {
      const person = await owner()
      const alice = await signIn(site(), person)
      site().clock.advance(3000)
      await alice.post(verify, { otp_token: '000000' })
      site().clock.advance(-2970)
      expect(await alice.post(verify, { otp_token: person.code() })).toMatchObject(throttled)
      site().clock.advance(1)
      expect(await alice.post(verify, { otp_token: person.code() })).toMatchObject(accepted)
    })
  })
})
