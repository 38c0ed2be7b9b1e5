import { describe, expect, it } from 'vitest'
import { addHotpDevice } from '../../src/kinds/hotp/add-device.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { addEmail } from '../support/challenges.js'
import { databaseKinds } from '../support/database.js'
import { startDeliveries } from '../support/deliveries.js'
import { accepted, rejected, throttled, useFailedAttempts } from '../support/failed-attempts.js'
import { signIn } from '../support/site.js'
import { createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

const login = '/account/login'
const verify = '/account/verify'
const WRONG_TOKEN = 'AAAA-AAAA-AAAA-AAAA'

describe.each(databaseKinds())('lanes of failed attempts, on the %s database', (where) => {
  const { enter, lock, owner, rowOf, site } = useFailedAttempts(where)

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
        expect(
          await site()
            .browser()
            .post(login, { ...form, ...token }),
        ).toMatchObject(accepted)
      }
    })

    it('accepts a security key from any browser', async () => {
      const person = await owner()
      const { key } = await addSoftwareKey(site().otp, person.id)
      await lock(person)
      const alice = await enter(person)
      const options = JSON.parse((await alice.post(`${login}/security-key`)).text)
      const form = { otp_token: key.answer({ ...options, origin: site().baseUrl }) }
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
      const alice = await signIn(site(), person)
      await lock(person)
      const change = { password: person.password, new_password: 'quite another passphrase' }
      expect((await alice.post('/account/password/change', change)).location).toMatch(/^\/account\/verify/)
      expect(await alice.post(verify, { otp_token: person.code() })).toMatchObject(accepted)
      expect((await alice.post('/account/password/change', change)).location).not.toMatch(/^\/account\/verify/)
    })

    it('accepts a code in a browser in which the person has signed in before', async () => {
      const person = await owner()
      const alice = await signIn(site(), person)
      await alice.post('/account/logout')
      await lock(person)
      await enter(person, alice)
      expect(await alice.post(login, { otp_token: person.code() })).toMatchObject(accepted)
    })

    it('sends codes to such a browser, and none to the attacker', async () => {
      const person = await owner()
      const alice = await signIn(site(), person)
      await alice.post('/account/logout')
      const device = await addEmail(site().otp, person.id)
      await lock(person)
      const ask = { otp_device: device.persistentId, otp_challenge: '1' }
      // Without a worker the page waits ten seconds for the email.
      const deliveries = startDeliveries(site().database, site(), { embedded: where === 'embedded' })
      expect(await (await enter(person)).post(login, ask)).toMatchObject(throttled)
      expect(await (await enter(person, alice)).post(login, ask)).toMatchObject(accepted)
      expect(deliveries.mailedCode(person.email)).toMatch(/^\d{6}$/)
      await deliveries.stop()
    })

    it('rejects codes of every kind that can be guessed from any other browser', async () => {
      const person = await owner()
      const key = Buffer.alloc(20, 3)
      const token = { userId: person.id, name: 'Token', secret: key, digits: 6, counter: 0, confirmed: true } as const
      const hotp = await site().database.sequelize.transaction((transaction) =>
        addHotpDevice(site().otp, transaction, token),
      )
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
      await site().database.pool.query('update static_devices set failure_count = 99 where user_id = $1', [person.id])
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
      site().clock.advance(1)
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
      return { ...options, origin: site().baseUrl, userVerified: true }
    }

    it('counts an invalid signature neither for the key nor for the account', async () => {
      const person = await owner({ app: false, staff: false })
      const { device, key } = await addSoftwareKey(site().otp, person.id)
      for (let tries = 1; tries <= 12; tries += 1) {
        const eve = site().browser()
        const answer = JSON.parse(key.answer(await byPasskey(eve)))
        answer.response.signature = 'AAAA'
        const form = { otp_token: JSON.stringify(answer) }
        expect(await eve.post(passkey, form)).toMatchObject({ status: 422, code: 'invalid_login' })
      }
      const failures = await site().database.pool.query(
        'select token_failed_at, token_failures from users where id = $1',
        [person.id],
      )
      expect(failures.rows).toEqual([{ token_failed_at: [], token_failures: {} }])
      expect(await rowOf(device.persistentId)).toMatchObject({ failure_count: 0, failed_at: null })
      const bob = await enter(person)
      const options = JSON.parse((await bob.post(`${login}/security-key`)).text)
      expect(await bob.post(login, { otp_token: key.answer({ ...options, origin: site().baseUrl }) })).toMatchObject(
        accepted,
      )
    })

    it('does not count the answer of another key, and signs in a user whose codes are locked', async () => {
      const person = await owner()
      const { device, key } = await addSoftwareKey(site().otp, person.id)
      await lock(person)
      const eve = site().browser()
      const options = await byPasskey(eve)
      const { id, rawId } = JSON.parse(key.answer(options))
      const named = JSON.stringify({ ...JSON.parse(createSoftwareKey().answer(options)), id, rawId })
      expect((await eve.post(passkey, { otp_token: named })).status).toBe(422)
      expect(await rowOf(device.persistentId)).toMatchObject({ failure_count: 0 })
      const alice = site().browser()
      const form = { otp_token: key.answer(await byPasskey(alice)) }
      expect((await alice.post(passkey, form)).location).toBe('/admin')
    })
  })
})
