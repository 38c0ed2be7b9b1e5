import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addTotpDevice } from '../../src/kinds/totp/add-device.js'
import { appCode } from '../support/authenticator.js'
import { databaseKinds } from '../support/database.js'
import { QR_CODE, SETUP, SETUP_COMPLETE, setupSteps } from '../support/setup-steps.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'

describe.each(databaseKinds())('setting up an authenticator app, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney(where)
    database = site.database
  })
  afterAll(() => site.close())

  const { begin, devicesOf, newcomer } = setupSteps(() => site)

  describe('for a user who has a device already', () => {
    /** Signed in with the password before there was a device. */
    const unverified = async () => {
      const { person, browser } = await newcomer()
      const secret = await begin(browser)
      const { device } = await database.sequelize.transaction((transaction) =>
        addTotpDevice(site.otp, transaction, { user: person, name: 'Real', confirmed: true }),
      )
      return { person, browser, secret, device }
    }
    const steps: [method: 'GET' | 'POST' | 'HEAD', path: string, form?: () => Record<string, string>][] = [
      ['GET', SETUP],
      ['GET', `${SETUP}?step=method`],
      ['GET', QR_CODE],
      ['GET', SETUP_COMPLETE],
      ['HEAD', SETUP],
      ['HEAD', QR_CODE],
      ['POST', SETUP],
      ['POST', SETUP, () => ({ method: 'totp' })],
      ['POST', SETUP, () => ({ method: 'webauthn' })],
      ['POST', SETUP, () => ({ method: 'phone', phone_number: '+31612345678', phone_method: 'sms' })],
    ]

    it.each(steps)('rejects an unverified session: %s %s', async (method, path, form) => {
      const { person, browser } = await unverified()
      const answer = await browser.visit(path, { method, ...(form && { form: form() }) })
      expect(answer).toMatchObject({ status: 302, location: `/account/login?next=${encodeURIComponent(path)}` })
      expect(await devicesOf(person)).toHaveLength(2)
    })

    it('rejects the correct code of an unverified session for a setup begun before', async () => {
      const { person, browser, secret } = await unverified()
      const answer = await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
      expect(answer).toMatchObject({ status: 302, location: `/account/login?next=${encodeURIComponent(SETUP)}` })
      expect((await devicesOf(person)).map(({ confirmed }) => confirmed)).toEqual([false, true])
      expect((await browser.get('/admin')).status).toBe(302)
      expect((await browser.get(QR_CODE)).status).toBe(302)
    })

    it('asks a verified session again after five minutes, at every step', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      site.clock.advance(301)
      for (const path of [SETUP, `${SETUP}?step=method`, QR_CODE, SETUP_COMPLETE])
        expect((await browser.get(path)).location).toBe(`/account/verify?next=${encodeURIComponent(path)}`)
      expect((await browser.post(SETUP, { method: 'totp' })).location).toMatch(/^\/account\/verify/)
      expect(await devicesOf(person)).toHaveLength(1)
    })

    it('completes a late confirmation after the token, and stays signed in', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const secret = await begin(browser)
      site.clock.advance(301)
      const late = await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
      expect(late.location).toBe(`/account/verify?next=${encodeURIComponent(SETUP)}`)
      const token = { otp_device: person.app?.persistentId ?? '', otp_token: person.code(), next: SETUP }
      const done = await browser.post('/account/verify', token)
      expect(done).toMatchObject({ status: 303, location: SETUP_COMPLETE })
      expect((await devicesOf(person)).map(({ confirmed }) => confirmed)).toEqual([true, true])
      expect((await browser.get('/admin')).status).toBe(200)
    })

    it('accepts one of two first devices that are confirmed at once', async () => {
      const person = await createTestUser(site, { app: false })
      const racers = await Promise.all(
        [1, 2].map(async () => {
          const browser = site.browser()
          await browser.post('/account/login', { username: person.email, password: person.password })
          return { browser, secret: await begin(browser) }
        }),
      )
      const answers = await Promise.all(
        racers.map(({ browser, secret }) =>
          browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) }).then(({ status }) => status),
        ),
      )
      expect(answers.filter((status) => status === 303)).toHaveLength(1)
      expect((await devicesOf(person)).filter(({ confirmed }) => confirmed)).toHaveLength(1)
    })
  })
})
