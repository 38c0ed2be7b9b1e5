import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import { generateHotp, timeStep } from '../../src/otp/tokens/oath.js'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { addEmail, queuedCodes } from '../support/challenges.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const setup = '/account/two-factor/setup'
const KEY = Buffer.from('12345678901234567890')
const MINUTE = 60

describe('the explanation of a wrong code', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_EMAIL: 'true', OTP_THROTTLE_FACTOR: '0' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const enter = async (person: TestUser): Promise<HttpBrowser> => {
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  }
  /** The text of the alert, with its code. */
  const readAlert = ({ status, code, text }: HttpResponse) => {
    expect({ status, code }).toEqual({ status: 422, code: 'invalid_token' })
    const [, alert = ''] = /data-code="invalid_token"[^>]*>([^<]*(?:<[^/][^>]*>[^<]*)*)/.exec(text) ?? []
    return alert
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&#39;', "'")
      .trim()
  }
  const failuresOf = async (device: string | undefined) => {
    const [kind, id] = (device ?? '').split('/')
    const { rows } = await database.pool.query(`select failure_count from ${kind}_devices where id = $1`, [id])
    return rows[0].failure_count
  }
  /** The code of an app whose clock is wrong by this many seconds. */
  const codeAt = (seconds: number) =>
    generateHotp(KEY, timeStep(new Date(site.clock.now().getTime() + seconds * 1000), 30, 0), 6)

  describe('of an authenticator app', () => {
    it('says that a code works once, in another browser and in one form', async () => {
      const person = await createTestUser(site)
      const code = person.code()
      expect((await (await enter(person)).post(login, { otp_token: code })).status).toBe(303)
      expect(readAlert(await (await enter(person)).post(login, { otp_token: code }))).toMatch(/already used.*next one/)
      const form = { username: person.email, password: person.password, otp_token: code }
      expect(readAlert(await site.browser().post(login, form))).toMatch(/already used.*next one/)
      expect(await failuresOf(person.app?.persistentId)).toBe(2)
    })

    it.each([-2 * MINUTE, -5 * MINUTE, -55 * MINUTE])(
      'mentions the clock for a code of %i seconds ago',
      async (ago) => {
        const person = await createTestUser(site)
        expect(readAlert(await (await enter(person)).post(login, { otp_token: codeAt(ago) }))).toMatch(/too old.*clock/)
        expect(await failuresOf(person.app?.persistentId)).toBe(1)
      },
    )

    it.each([2 * MINUTE, 5 * MINUTE, 55 * MINUTE])(
      'says at sign-in nothing about a code that is right in %i seconds, as about any other',
      async (ahead) => {
        const person = await createTestUser(site)
        const browser = await enter(person)
        const early = readAlert(await browser.post(login, { otp_token: codeAt(ahead) }))
        expect(early).toBe(readAlert(await browser.post(login, { otp_token: '000000' })))
      },
    )

    it.each([-5 * MINUTE, 5 * MINUTE, 55 * MINUTE])(
      'mentions the clock in the setup if the code is right %i seconds away',
      async (away) => {
        const person = await createTestUser(site, { app: false })
        const browser = await enter(person)
        await browser.post(setup, { method: 'totp' })
        const [, secret = ''] = /secret=([A-Z2-7]+)/.exec((await browser.get(setup)).text) ?? []
        const code = appCode(secret, new Date(site.clock.now().getTime() + away * 1000))
        expect(readAlert(await browser.post(setup, { otp_token: code }))).toMatch(/clock is wrong/)
        expect(readAlert(await browser.post(setup, { otp_token: 'abc' }))).toMatch(/isn't a code/)
        expect((await browser.post(setup, { otp_token: appCode(secret, site.clock.now()) })).status).toBe(303)
      },
    )
  })

  describe('of a hardware token', () => {
    const addToken = async (person: TestUser, counter: number, confirmed: boolean) =>
      database.sequelize.transaction((transaction) =>
        addHotpDevice(site.otp, transaction, {
          userId: person.id,
          name: 'Token',
          secret: KEY,
          digits: 6,
          counter,
          confirmed,
        }),
      )

    it('says that a code works once, and asks for two if the token could be ahead', async () => {
      const person = await createTestUser(site, { app: false })
      const { persistentId } = await addToken(person, 20, true)
      const browser = await enter(person)
      const submit = async (token: string) =>
        readAlert(await browser.post(login, { otp_device: persistentId, otp_token: token }))
      expect(await submit(generateHotp(KEY, 3, 6))).toMatch(/already used/)
      const ahead = await submit(generateHotp(KEY, 60, 6))
      expect(ahead).toMatch(/two consecutive codes/)
      expect(await submit('000000')).toBe(ahead)
      expect(await failuresOf(persistentId)).toBe(3)
      const two = `${generateHotp(KEY, 60, 6)} ${generateHotp(KEY, 61, 6)}`
      expect((await browser.post(login, { otp_device: persistentId, otp_token: two })).status).toBe(303)
    })

    it('says in the setup that the token is ahead, and accepts two codes', async () => {
      const person = await createTestUser(site, { app: false })
      const browser = await enter(person)
      const { id } = await addToken(person, 0, false)
      const confirm = `/account/two-factor/hardware-tokens/${id}/confirm`
      expect(readAlert(await browser.post(confirm, { otp_token: generateHotp(KEY, 50, 6) }))).toMatch(/last two codes/)
      const two = `${generateHotp(KEY, 51, 6)} ${generateHotp(KEY, 52, 6)}`
      expect((await browser.post(confirm, { otp_token: two })).status).toBe(303)
    })
  })

  describe('of a message', () => {
    it('says what to do about each, for any input', async () => {
      const person = await createTestUser(site, { app: false })
      const device = await addEmail(site.otp, person.id)
      const { persistentId } = device
      const browser = await enter(person)
      const submit = async (by: HttpBrowser, token: string) =>
        readAlert(await by.post(login, { otp_device: persistentId, otp_token: token }))
      expect(await submit(await enter(person), '123456')).toMatch(/No code was sent for this browser/)
      await browser.post(login, { otp_device: persistentId, otp_challenge: '1' })
      const right = (await queuedCodes(site.otp, device)).at(-1)?.code ?? ''
      const wrong = right === '000000' ? '111111' : '000000'
      expect(await submit(browser, wrong)).toMatch(/latest message/)
      site.clock.advance(300)
      expect(await submit(browser, right)).toMatch(/expired.*Request a new one/)
      expect(await submit(browser, wrong)).toMatch(/expired.*Request a new one/)
    })

    it('says when too many wrong codes have made it invalid', async () => {
      const person = await createTestUser(site, { app: false })
      const device = await addEmail(site.otp, person.id)
      const browser = await enter(person)
      await browser.post(login, { otp_device: device.persistentId, otp_challenge: '1' })
      await database.pool.query('update email_devices set code_attempts = 5 where id = $1', [device.id])
      const form = { otp_device: device.persistentId, otp_token: '123456' }
      expect(readAlert(await browser.post(login, form))).toMatch(/no longer works.*Request a new one/)
    })
  })

  describe('of another kind', () => {
    it('says the same about a used and a wrong backup token', async () => {
      const person = await createTestUser(site, { backupTokens: 2 })
      const [token = ''] = person.backupTokens
      const form = { otp_device: person.backup?.persistentId ?? '', otp_token: token }
      expect((await (await enter(person)).post(login, form)).status).toBe(303)
      const used = readAlert(await (await enter(person)).post(login, form))
      expect(used).toBe('That backup token is incorrect or already used.')
      const wrong = { ...form, otp_token: 'AAAA-AAAA-AAAA-AAAA' }
      expect(readAlert(await (await enter(person)).post(login, wrong))).toBe(used)
    })

    it('says that a backup token is not a code of the selected device, right or wrong, and consumes none', async () => {
      const person = await createTestUser(site, { backupTokens: 1 })
      const browser = await enter(person)
      for (const token of [person.backupTokens[0] ?? '', 'AAAA-AAAA-AAAA-AAAA']) {
        const form = { otp_device: person.app?.persistentId ?? '', otp_token: token }
        expect(readAlert(await browser.post(login, form))).toMatch(/device you selected/)
      }
      expect(await failuresOf(person.app?.persistentId)).toBe(0)
      expect((await browser.post(login, { otp_token: person.backupTokens[0] ?? '' })).status).toBe(303)
    })

    it('says nothing about a code that is right for another device of the user', async () => {
      const person = await createTestUser(site)
      const browser = await enter(person)
      const mailbox = await addEmail(site.otp, person.id)
      const submit = async (token: string) =>
        readAlert(await browser.post(login, { otp_device: mailbox.persistentId, otp_token: token }))
      expect(await submit(person.code())).toBe(await submit('000000'))
      expect((await browser.post(login, { otp_token: person.code() })).status).toBe(303)
    })
  })
})
