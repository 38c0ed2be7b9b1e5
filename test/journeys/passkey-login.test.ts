import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { createTestUser, startTestSite, type TestSite } from '../support/site.js'
import { type Ceremony, createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

const passkey = '/account/login/passkey'
const refused = { status: 422, code: 'invalid_login' }

describe('a passkey alone', () => {
  let database: Database
  let site: TestSite
  const open = async (environment: Record<string, string> = {}) => {
    site = await startTestSite(database, {
      BASE_URL: 'http://localhost:0',
      OTP_PASSKEY_LOGIN: 'true',
      ...environment,
    })
  }
  beforeAll(async () => {
    database = await openTestDatabase()
    await open()
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const passkeyOwner = async (traits: Parameters<typeof createTestUser>[1] = {}) => {
    const person = await createTestUser(site, { app: false, ...traits })
    return { person, ...(await addSoftwareKey(site.otp, person.id)) }
  }
  const asked = async (browser: HttpBrowser): Promise<Ceremony & Record<string, unknown>> => {
    const answer = await browser.post(`${passkey}/options`)
    expect(answer.status).toBe(200)
    return { ...JSON.parse(answer.text), origin: site.baseUrl, userVerified: true }
  }

  it('signs in if it verified its user', async () => {
    const { person, key } = await passkeyOwner()
    const browser = site.browser()
    expect((await browser.get('/account/login')).text).toContain('Sign in with a passkey')
    expect(browser.cookies.size).toBe(0)
    const options = await asked(browser)
    expect(options).toMatchObject({ userVerification: 'required', rpId: 'localhost', allowCredentials: [] })
    const before = browser.cookies.get('otp_session')
    const form = { otp_token: key.answer(options), next: '/admin/resources/users' }
    expect(await browser.post(passkey, form)).toMatchObject({ status: 303, location: '/admin/resources/users' })
    expect(browser.cookies.get('otp_session')).not.toBe(before)
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await browser.get('/account/two-factor')).text).toContain(person.email)
  })

  it('redirects people who are not staff to their account security page', async () => {
    const { key } = await passkeyOwner({ staff: false })
    const browser = site.browser()
    const answer = await browser.post(passkey, { otp_token: key.answer(await asked(browser)) })
    expect(answer.location).toBe('/account/two-factor')
  })

  it('signs nobody in if it did not verify its user, although that is enough after a password', async () => {
    const { key } = await passkeyOwner()
    const browser = site.browser()
    const token = key.answer({ ...(await asked(browser)), userVerified: false })
    expect(await browser.post(passkey, { otp_token: token })).toMatchObject(refused)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it.each<[string, Partial<Ceremony>]>([
    ['from a foreign origin', { origin: 'http://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['with another person’s handle', { userHandle: 'AAAA' }],
    ['without a handle', { userHandle: null }],
    ['with an empty handle', { userHandle: '' }],
    ['without a touch', { userPresent: false }],
  ])('signs nobody in %s', async (_what, wrong) => {
    const { key } = await passkeyOwner()
    const browser = site.browser()
    const token = key.answer({ ...(await asked(browser)), ...wrong })
    expect(await browser.post(passkey, { otp_token: token })).toMatchObject(refused)
  })

  it('returns the same error for an unknown passkey, an inactive user, a disabled device and invalid input', async () => {
    const inactive = await passkeyOwner({ active: true })
    await database.models.User.update({ is_active: false }, { where: { id: inactive.person.id } })
    const disabled = await passkeyOwner()
    await database.pool.query('update webauthn_devices set confirmed = false where id = $1', [disabled.device.id])
    const answers = []
    for (const make of [
      (options: Ceremony) => createSoftwareKey().answer(options),
      (options: Ceremony) => inactive.key.answer(options),
      (options: Ceremony) => disabled.key.answer(options),
      () => '{}',
      () => '',
    ]) {
      const browser = site.browser()
      const answer = await browser.post(passkey, { otp_token: make(await asked(browser)) })
      expect(answer).toMatchObject(refused)
      answers.push(answer.text)
    }
    expect(new Set(answers).size).toBe(1)
    site.clock.advance(60)
  })

  it('rejects an answer that is sent twice, late, in another session, or to the challenge after a password', async () => {
    const { person, key } = await passkeyOwner()
    const browser = site.browser()
    const token = key.answer(await asked(browser))
    expect((await browser.post(passkey, { otp_token: token })).status).toBe(303)
    expect(await browser.post(passkey, { otp_token: token })).toMatchObject(refused)

    const late = site.browser()
    const old = key.answer(await asked(late))
    site.clock.advance(300)
    expect(await late.post(passkey, { otp_token: old })).toMatchObject(refused)
    site.clock.advance(60)

    const one = site.browser()
    const thief = site.browser()
    const others = key.answer(await asked(one))
    await asked(thief)
    expect(await thief.post(passkey, { otp_token: others })).toMatchObject(refused)
    site.clock.advance(60)

    const pending = site.browser()
    await pending.post('/account/login', { username: person.email, password: person.password })
    const options = JSON.parse((await pending.post('/account/login/security-key')).text)
    const beside = key.answer({ ...options, origin: site.baseUrl, userVerified: true })
    expect(await pending.post(passkey, { otp_token: beside })).toMatchObject(refused)
  })

  it('is not accepted in the token step', async () => {
    const { person, key } = await passkeyOwner()
    const browser = site.browser()
    await browser.post('/account/login', { username: person.email, password: person.password })
    const token = key.answer(await asked(browser))
    expect((await browser.post('/account/login', { otp_token: token })).code).toBe('invalid_token')
  })

  it("cannot throttle another user's key with answers to no challenge", async () => {
    const { key, device } = await passkeyOwner()
    const token = key.answer({ challenge: 'AAAA', origin: site.baseUrl })
    expect(await site.browser().post(passkey, { otp_token: token })).toMatchObject(refused)
    const { rows } = await database.pool.query('select failure_count from webauthn_devices where id = $1', [device.id])
    expect(rows).toEqual([{ failure_count: 0 }])
  })

  it('adds events to the audit log, also when it is rejected', async () => {
    const { person, key } = await passkeyOwner()
    const browser = site.browser()
    await browser.post(passkey, { otp_token: key.answer({ ...(await asked(browser)), userVerified: false }) })
    const { rows } = await database.pool.query('select event, details from audit_events where user_id = $1', [
      person.id,
    ])
    expect(rows.map(({ event }) => event)).toEqual(expect.arrayContaining(['token_refused', 'sign_in_refused']))
    const refusal = rows.find(({ event }) => event === 'token_refused')
    expect(refusal).toMatchObject({ details: { without_password: true } })
  })

  it('does not notify its owner of a rejected one, which anyone can send', async () => {
    const { key } = await passkeyOwner()
    const signIn = async () => {
      const browser = site.browser()
      site.clock.advance(60)
      await browser.post(passkey, { otp_token: key.answer(await asked(browser)) })
      return browser
    }
    await signIn()
    const thief = site.browser('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0')
    await thief.post(passkey, { otp_token: key.answer({ ...(await asked(thief)), userVerified: false }) })
    expect((await (await signIn()).get('/account/two-factor')).text).not.toContain('refused-tries')
  })

  describe('on other sites', () => {
    const outer = () => site
    let before: TestSite
    const reopen = async (environment: Record<string, string>) => {
      before = outer()
      await open(environment)
    }
    afterEach(async () => {
      await site.close()
      site = before
    })

    it('is not offered unless it is turned on', async () => {
      await reopen({ OTP_PASSKEY_LOGIN: 'false' })
      const browser = site.browser()
      const page = await browser.get('/account/login')
      expect(page.text).not.toContain('passkey')
      expect(page.text).not.toContain('<script')
      expect((await browser.post(`${passkey}/options`)).status).toBe(404)
      expect((await browser.post(passkey, { otp_token: '{}' })).status).toBe(404)
    })

    it('counts for the IP address of the requester, and not for a successful sign-in', async () => {
      await reopen({ LOGIN_ADDRESS_LIMIT: '4' })
      await database.pool.query('delete from rate_limits')
      const { key } = await passkeyOwner()
      for (let index = 0; index < 3; index += 1) {
        const browser = site.browser()
        const answer = await browser.post(passkey, { otp_token: key.answer(await asked(browser)) })
        expect(answer.status).toBe(303)
      }
      for (let index = 0; index < 2; index += 1) {
        const browser = site.browser()
        await asked(browser)
        expect(await browser.post(passkey, { otp_token: '{}' })).toMatchObject(refused)
      }
      const wait = await site.browser().post(`${passkey}/options`)
      expect(wait).toMatchObject({ status: 429, code: 'n_failed_attempts' })
      expect(wait.headers['retry-after']).toMatch(/^\d+$/)
      expect((await site.browser().post(passkey, { otp_token: '{}' })).status).toBe(429)
      await database.pool.query('delete from rate_limits')
    })
  })
})
