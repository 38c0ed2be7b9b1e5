import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { journeyKinds, openTestDatabase } from '../support/database.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { type Ceremony, createSoftwareKey } from '../support/software-key.js'
import { addSoftwareKey } from '../support/webauthn.js'

const login = '/account/login'
const add = '/account/two-factor/security-keys/add'
const ask = '/account/login/security-key'

describe.each(journeyKinds())('security keys, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    site = await startTestSite(database, { BASE_URL: 'http://localhost:0', OTP_THROTTLE_FACTOR: '0' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  /** A user whose only device is a key, enrolled by the core. */
  const keyOwner = async (traits: Parameters<typeof createTestUser>[1] = {}) => {
    const person = await createTestUser(site, { app: false, ...traits })
    return { person, ...(await addSoftwareKey(site.otp, person.id)) }
  }
  const afterPassword = async (person: TestUser, browser = site.browser()) => {
    await browser.post(login, { username: person.email, password: person.password })
    return browser
  }
  /** The challenge of the site, with the origin of this site. */
  const asked = async (browser: HttpBrowser, address = ask): Promise<Ceremony & Record<string, unknown>> => {
    const answer = await browser.post(address)
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    return { ...JSON.parse(answer.text), origin: site.baseUrl }
  }
  const refusals = async (userId: number) =>
    (
      await database.pool.query(
        "select details from audit_events where event = 'token_refused' and user_id = $1 order by id",
        [userId],
      )
    ).rows.map(({ details }) => details)
  const rowOf = async (id: number) =>
    (await database.pool.query('select * from webauthn_devices where id = $1', [id])).rows[0]

  it.each([
    ['no user handle', {}, {}],
    ['an empty user handle', { userHandle: '' }, {}],
    ['a user handle of null', { userHandle: null }, {}],
    ['results of extensions that are null', {}, { clientExtensionResults: null }],
    ['no results of extensions', {}, { clientExtensionResults: undefined }],
    ['results of an extension that was not requested', {}, { clientExtensionResults: { appid: true, prf: {} } }],
    ['an attachment of a kind to come', {}, { authenticatorAttachment: 'implanted' }],
    ['an attachment of null', {}, { authenticatorAttachment: null }],
    ['unknown members', { later: [1] }, { later: {} }],
  ])('signs in if the browser sends %s', async (_what, response, more) => {
    const { person, key } = await keyOwner()
    const browser = await afterPassword(person)
    const whole = JSON.parse(key.answer(await asked(browser)))
    const token = JSON.stringify({ ...whole, ...more, response: { ...whole.response, ...response } })
    expect((await browser.post(login, { otp_token: token })).status).toBe(303)
  })

  it.each([
    ['transports of null', { transports: null }, {}],
    ['no transports', { transports: undefined }, {}],
    ['an unknown transport', { transports: ['usb', 'telepathy', 7] }, {}],
    ['results of extensions that are null', {}, { clientExtensionResults: null }],
    ['no results of extensions', {}, { clientExtensionResults: undefined }],
    ['an answer to credProps without rk', {}, { clientExtensionResults: { credProps: {} } }],
    [
      'an attachment of null and a public key',
      { publicKey: 'AA', publicKeyAlgorithm: -7 },
      { authenticatorAttachment: null },
    ],
  ])('adds a key if the browser sends %s', async (_what, response, more) => {
    const person = await createTestUser(site, { app: false })
    const browser = await signIn(site, person)
    const whole = JSON.parse(createSoftwareKey().create(await asked(browser, `${add}/options`)))
    const credential = JSON.stringify({ ...whole, ...more, response: { ...whole.response, ...response } })
    expect((await browser.post(add, { name: 'Key', credential })).status).toBe(303)
    const { rows } = await database.pool.query('select transports from webauthn_devices where user_id = $1', [
      person.id,
    ])
    expect(rows[0]?.transports.every((one: string) => one === 'usb')).toBe(true)
  })

  it('adds a key in the setup, which signs in from then on', async () => {
    const person = await createTestUser(site, { app: false })
    const key = createSoftwareKey()
    const browser = await signIn(site, person)
    expect((await browser.get(add)).text).toContain('data-key="create"')
    const before = browser.cookies.get('otp_session')
    const credential = key.create(await asked(browser, `${add}/options`))
    const added = await browser.post(add, { name: '  Blue key ', credential, next: '/admin' })
    expect(added).toMatchObject({ status: 303, location: '/account/two-factor/setup/complete?next=%2Fadmin' })
    expect(browser.cookies.get('otp_session')).not.toBe(before)
    expect((await browser.get('/admin')).status).toBe(200)
    const { rows } = await database.pool.query('select * from webauthn_devices where user_id = $1', [person.id])
    expect(rows).toMatchObject([{ name: 'Blue key', confirmed: true, transports: ['usb'], counter: '0' }])

    const later = await afterPassword(person)
    expect((await later.get(login)).text).toContain('Use your security key')
    const token = key.answer(await asked(later))
    expect(await later.post(login, { otp_token: token })).toMatchObject({ status: 303, location: '/admin' })
    expect((await later.get('/admin')).status).toBe(200)
    expect(await rowOf(rows[0].id)).toMatchObject({ counter: '1', failure_count: 0, last_used_at: site.clock.now() })
  })

  it('records and emails that a key was added', async () => {
    const { person, device } = await keyOwner()
    const { rows } = await database.pool.query('select event, device from audit_events where user_id = $1', [person.id])
    expect(rows).toContainEqual({ event: 'device_added', device: device.persistentId })
  })

  it('stores no secret of the ceremony: challenge and answer are in no session and no log', async () => {
    const { person, key } = await keyOwner()
    const browser = await afterPassword(person)
    const options = await asked(browser)
    const { rows } = await database.pool.query('select sess from sessions')
    expect(JSON.stringify(rows)).not.toContain(options.challenge)
    const token = key.answer(options)
    await browser.post(login, { otp_token: token })
    const stored = JSON.stringify((await database.pool.query('select * from webauthn_challenges')).rows)
    expect(stored).not.toContain(options.challenge)
    expect(site.log.join('')).not.toContain(options.challenge)
    expect(site.log.join('')).not.toContain(key.credentialId)
  })

  describe('several keys of one user', () => {
    it('answer one challenge each, and the answer identifies the key', async () => {
      const { person, key, device } = await keyOwner()
      const second = await addSoftwareKey(site.otp, person.id)
      const browser = await afterPassword(person)
      const options = await asked(browser)
      expect(options['allowCredentials']).toMatchObject([{ id: key.credentialId }, { id: second.key.credentialId }])
      await browser.post(login, { otp_token: second.key.answer(options), otp_device: device.persistentId })
      expect((await browser.get('/admin')).status).toBe(200)
      expect((await rowOf(device.id)).last_used_at).toBeNull()
      expect((await rowOf(second.device.id)).last_used_at).not.toBeNull()
    })

    it('share one user handle, and an enrolled key is not enrolled again', async () => {
      const { person, key, device } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer(await asked(browser)) })
      const options = await asked(browser, `${add}/options`)
      expect(options['excludeCredentials']).toMatchObject([{ id: key.credentialId }])
      expect(options['user']).toMatchObject({ id: (await rowOf(device.id)).user_handle, name: person.email })
      const answer = await browser.post(add, { name: 'Again', credential: key.create(options) })
      expect(answer).toMatchObject({ status: 422, code: 'key_known' })
      expect(answer.text).toContain('value="Again"')
    })

    it("cannot include another user's key", async () => {
      const other = await keyOwner()
      const browser = await signIn(site, await createTestUser(site))
      const credential = other.key.create(await asked(browser, `${add}/options`))
      expect((await browser.post(add, { name: 'Mine', credential })).code).toBe('key_known')
    })
  })

  it('are removed one by one, and a session that one verified is no longer verified', async () => {
    const { person, key, device } = await keyOwner({ app: true })
    const browser = await afterPassword(person)
    await browser.post(login, { otp_token: key.answer(await asked(browser)) })
    const address = `/account/two-factor/security-keys/${device.id}/delete`
    expect(await browser.post(address)).toMatchObject({ status: 303, location: '/account/two-factor' })
    expect(await rowOf(device.id)).toBeUndefined()
    expect((await browser.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
    const { rows } = await database.pool.query('select event, device from audit_events where user_id = $1', [person.id])
    expect(rows).toContainEqual({ event: 'device_removed', device: device.persistentId })
  })

  it('are removed by their owner only, and the last one stays if two-factor authentication is required', async () => {
    const { person, key, device } = await keyOwner()
    const address = `/account/two-factor/security-keys/${device.id}/delete`
    const stranger = await signIn(site, await createTestUser(site))
    expect((await stranger.post(address)).status).toBe(404)
    const browser = await afterPassword(person)
    await browser.post(login, { otp_token: key.answer(await asked(browser)) })
    expect(await browser.post(address)).toMatchObject({ status: 422, code: 'policy' })
    expect(await rowOf(device.id)).toMatchObject({ confirmed: true })
  })

  describe('an answer is rejected', () => {
    const refused = { status: 422, code: 'invalid_token' }

    it.each<[string, Partial<Ceremony>]>([
      ['from a foreign origin', { origin: 'http://localhost.evil.example' }],
      ['from another port of this host', { origin: 'http://localhost:1' }],
      ['for another relying party', { rpId: 'evil.example' }],
      ['inside a frame of another site', { crossOrigin: true }],
      ['to another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
      ['by a ceremony of another type', { type: 'webauthn.create' }],
      ['without a touch', { userPresent: false }],
      ['with another owner’s handle', { userHandle: 'AAAA' }],
      ['backed up and not to be backed up (WebAuthn §6.1.3)', { backedUp: true }],
      ['with a token binding of an unknown status', { moreClientData: { tokenBinding: { status: 'maybe' } } }],
    ])('%s', async (_what, wrong) => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer({ ...(await asked(browser)), ...wrong })
      const answer = await browser.post(login, { otp_token: token })
      expect(answer).toMatchObject(refused)
      expect(answer.text).toContain('That security key wasn&#39;t accepted')
      expect((await browser.get('/admin')).status).toBe(302)
    })

    it('with a changed signature', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = JSON.parse(key.answer(await asked(browser)))
      token.response.signature = JSON.parse(key.answer({ challenge: 'AAAA' })).response.signature
      expect(await browser.post(login, { otp_token: JSON.stringify(token) })).toMatchObject(refused)
    })

    it("from another user's key, which counts nothing against the owner of that key", async () => {
      const { person } = await keyOwner()
      const other = await keyOwner()
      const browser = await afterPassword(person)
      const token = other.key.answer(await asked(browser))
      expect(await browser.post(login, { otp_token: token })).toMatchObject(refused)
      const named = other.key.answer(await asked(browser))
      expect(await browser.post(login, { otp_token: named, otp_device: other.device.persistentId })).toMatchObject(
        refused,
      )
      expect(await rowOf(other.device.id)).toMatchObject({ failure_count: 0, last_used_at: null })
    })

    it('when it is sent again, in this session or in another', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer(await asked(browser))
      expect((await browser.post(login, { otp_token: token })).status).toBe(303)
      const thief = await afterPassword(person)
      expect(await thief.post(login, { otp_token: token })).toMatchObject(refused)
      await asked(thief)
      expect(await thief.post(login, { otp_token: token })).toMatchObject(refused)
    })

    it('but accepted once when it is sent ten times at once', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer(await asked(browser))
      const cookie = `otp_session=${browser.cookies.get('otp_session')}`
      const posts = Array.from({ length: 10 }, () => {
        const racer = site.browser()
        return racer.visit(login, { method: 'POST', form: { otp_token: token }, headers: { Cookie: cookie } })
      })
      const answers = await Promise.all(posts)
      const sessions = answers.map(({ headers }) => /otp_session=[^;]+/.exec(String(headers['set-cookie']))?.[0])
      expect(new Set(sessions).size).toBe(1)
      const { rows } = await database.pool.query("select 1 from sessions where sess ->> 'userId' = $1", [
        String(person.id),
      ])
      expect(rows).toHaveLength(1)
    })

    it('five minutes after the challenge', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const late = key.answer(await asked(browser))
      site.clock.advance(300)
      expect(await browser.post(login, { otp_token: late })).toMatchObject(refused)
      const inTime = key.answer(await asked(browser))
      site.clock.advance(299)
      expect((await browser.post(login, { otp_token: inTime })).status).toBe(303)
    })

    it("with another session's challenge", async () => {
      const { person, key } = await keyOwner()
      const one = await afterPassword(person)
      const other = await afterPassword(person)
      const token = key.answer(await asked(one))
      await asked(other)
      expect(await other.post(login, { otp_token: token })).toMatchObject(refused)
      expect((await one.post(login, { otp_token: token })).status).toBe(303)
    })

    it('with an earlier challenge of this session than the last one', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const token = key.answer(await asked(browser))
      await asked(browser)
      expect(await browser.post(login, { otp_token: token })).toMatchObject(refused)
    })

    it('without a challenge', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const { challenge } = await asked(await afterPassword(person))
      const token = key.answer({ challenge, origin: site.baseUrl })
      expect(await browser.post(login, { otp_token: token })).toMatchObject(refused)
    })

    it('if its counter does not increase, which the audit log says (WebAuthn §6.1.1)', async () => {
      const { person, key, device } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer({ ...(await asked(browser)), counter: 7 }) })
      for (const counter of [7, 6, 0]) {
        const again = await afterPassword(person)
        const token = key.answer({ ...(await asked(again)), counter })
        expect(await again.post(login, { otp_token: token })).toMatchObject(refused)
      }
      expect(await rowOf(device.id)).toMatchObject({ counter: '7', failure_count: 3 })
      expect((await refusals(person.id)).map(({ because }) => because)).toEqual(
        Array.from({ length: 3 }, () => 'counter_not_higher'),
      )
      const owner = await afterPassword(person)
      const token = key.answer({ ...(await asked(owner)), counter: 8 })
      expect((await owner.post(login, { otp_token: token })).status).toBe(303)
    })

    it('without that reason if the signature of a low counter is invalid', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer({ ...(await asked(browser)), counter: 7 }) })
      const again = await afterPassword(person)
      await again.post(login, {
        otp_token: key.answer({ ...(await asked(again)), counter: 1, origin: 'https://evil.example' }),
      })
      expect(await refusals(person.id)).toEqual([{ failures: 1 }])
    })

    it('without an error, for any other input in its place', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      const whole = JSON.parse(key.answer(await asked(browser)))
      const pieces: unknown[] = [
        {},
        { ...whole, type: 'password' },
        { ...whole, rawId: 'other' },
        { ...whole, response: { ...whole.response, clientDataJSON: 'bnVsbA' } },
        { ...whole, response: { ...whole.response, clientDataJSON: '_w' } },
        { ...whole, response: { ...whole.response, authenticatorData: 'AAAA' } },
        { ...whole, response: { ...whole.response, signature: '' } },
        { ...whole, response: { ...whole.response, userHandle: 7 } },
        { ...whole, response: { ...whole.response, userHandle: '!!' } },
        { ...whole, response: null },
        [whole],
      ]
      for (const piece of pieces) {
        await asked(browser)
        const answer = await browser.post(login, { otp_token: JSON.stringify(piece) })
        expect(answer).toMatchObject(refused)
      }
      const cut = await browser.post(login, { otp_token: JSON.stringify(whole).slice(0, -9) })
      expect(cut).toMatchObject(refused)
      expect(cut.text).toContain('We couldn&#39;t read the response from your security key.')
      expect((await browser.post(login, { otp_token: `{"id":"${'A'.repeat(8192)}"}` })).status).toBe(400)
    })

    it('if it cannot be read, without counting as a wrong code', async () => {
      const { person, key, device } = await keyOwner()
      const browser = await afterPassword(person)
      const whole = JSON.parse(key.answer(await asked(browser)))
      const { response } = whole
      for (const piece of [
        {},
        { ...whole, type: undefined },
        { ...whole, response: { ...response, authenticatorData: 'AAAA' } },
        { ...whole, response: { ...response, signature: null } },
        { ...whole, response: { ...response, userHandle: ['AA'] } },
      ]) {
        const answer = await browser.post(login, { otp_token: JSON.stringify(piece) })
        expect(answer).toMatchObject(refused)
        expect(answer.text).toContain('We couldn&#39;t read the response from your security key.')
      }
      expect(await rowOf(device.id)).toMatchObject({ failure_count: 0, failed_at: null })
      const { rows } = await database.pool.query('select token_failed_at from users where id = $1', [person.id])
      expect(rows).toEqual([{ token_failed_at: [] }])
    })

    it.each([true, false])('if the key could be backed up (%s) and later says otherwise', async (backupEligible) => {
      const { person, key, device } = await keyOwner()
      await database.pool.query('update webauthn_devices set backup_eligible = $2 where id = $1', [
        device.id,
        backupEligible,
      ])
      const browser = await afterPassword(person)
      const answer = await browser.post(login, {
        otp_token: key.answer({ ...(await asked(browser)), backupEligible: !backupEligible }),
      })
      expect(answer).toMatchObject({ status: 422, code: 'invalid_token' })
      expect(answer.text).toContain('remove the key and add it again')
      expect(await refusals(person.id)).toMatchObject([{ because: 'backup_changed' }])
      expect(await rowOf(device.id)).toMatchObject({ backup_eligible: backupEligible, counter: '0' })
      const right = key.answer({ ...(await asked(browser)), backupEligible, backedUp: backupEligible })
      expect((await browser.post(login, { otp_token: right })).status).toBe(303)
      expect(await rowOf(device.id)).toMatchObject({ backup_eligible: backupEligible, backed_up: backupEligible })
    })

    it('with a counter lower than before, with advice that helps', async () => {
      const { person, key } = await keyOwner()
      const browser = await afterPassword(person)
      await browser.post(login, { otp_token: key.answer({ ...(await asked(browser)), counter: 12 }) })
      const again = await afterPassword(person)
      const answer = await again.post(login, { otp_token: key.answer({ ...(await asked(again)), counter: 0 }) })
      expect(answer).toMatchObject(refused)
      expect(answer.text).toContain('remove the key and add it again')
    })

    it('in the form of the password, without a challenge, and is not counted', async () => {
      const { person, key, device } = await keyOwner()
      const token = key.answer({ challenge: 'AAAAAAAAAAAAAAAA', origin: site.baseUrl })
      const form = { username: person.email, password: person.password, otp_token: token }
      expect(await site.browser().post(login, form)).toMatchObject(refused)
      expect((await rowOf(device.id)).failure_count).toBe(0)
    })
  })

  it('shows whether it can be backed up when it is added, or at the next sign-in', async () => {
    for (const backupEligible of [true, false]) {
      const person = await createTestUser(site, { app: false })
      const key = createSoftwareKey()
      const browser = await signIn(site, person)
      const credential = key.create({
        ...(await asked(browser, `${add}/options`)),
        backupEligible,
        backedUp: backupEligible,
      })
      expect((await browser.post(add, { name: 'Key', credential })).status).toBe(303)
      const stored = async () =>
        (
          await database.pool.query('select backup_eligible, backed_up from webauthn_devices where user_id = $1', [
            person.id,
          ])
        ).rows
      expect(await stored()).toEqual([{ backup_eligible: backupEligible, backed_up: backupEligible }])
      // As for a key that was added before this was stored.
      await database.pool.query('update webauthn_devices set backup_eligible = null where user_id = $1', [person.id])
      const later = await afterPassword(person)
      const token = key.answer({ ...(await asked(later)), backupEligible, backedUp: false })
      expect((await later.post(login, { otp_token: token })).status).toBe(303)
      expect(await stored()).toEqual([{ backup_eligible: backupEligible, backed_up: false }])
    }
  })

  it('signs in again and again with a key that does not count', async () => {
    const person = await createTestUser(site, { app: false })
    const { key } = await addSoftwareKey(site.otp, person.id, createSoftwareKey({ counts: false }))
    for (let index = 0; index < 2; index += 1) {
      const browser = await afterPassword(person)
      expect((await browser.post(login, { otp_token: key.answer(await asked(browser)) })).status).toBe(303)
    }
  })

  it('asks for a PIN or a fingerprint only if the site requires that of a second factor', async () => {
    const { person, key } = await keyOwner()
    const relyingParty = site.otp.settings.relyingParty
    const submit = async (userVerified: boolean) => {
      const browser = await afterPassword(person)
      const options = await asked(browser)
      const answer = await browser.post(login, { otp_token: key.answer({ ...options, userVerified }) })
      return [options['userVerification'], answer.status]
    }
    expect(await submit(false)).toEqual(['preferred', 303])
    site.otp.settings.relyingParty = relyingParty && { ...relyingParty, userVerification: 'required' }
    expect(await submit(false)).toEqual(['required', 422])
    expect(await submit(true)).toEqual(['required', 303])
    site.otp.settings.relyingParty = relyingParty
  })

  it('confirms a step-up, too', async () => {
    const { person, key } = await keyOwner()
    const browser = await afterPassword(person)
    await browser.post(login, { otp_token: key.answer(await asked(browser)) })
    site.clock.advance(301)
    const verify = `/account/verify?next=${encodeURIComponent(add)}`
    expect((await browser.get(add)).location).toBe(verify)
    expect((await browser.post(`${add}/options`)).status).toBe(302)
    expect((await browser.get(verify)).text).toContain('Use your security key')
    const token = key.answer(await asked(browser))
    expect(await browser.post('/account/verify', { otp_token: token, next: add })).toMatchObject({
      status: 303,
      location: add,
    })
    expect((await browser.get(add)).status).toBe(200)
  })

  describe('a key is not added', () => {
    it('by a user who has a device and has not used it', async () => {
      const person = await createTestUser(site, { app: false })
      const browser = await signIn(site, person)
      const credential = createSoftwareKey().create(await asked(browser, `${add}/options`))
      await addSoftwareKey(site.otp, person.id)
      for (const visit of [
        browser.get(add),
        browser.post(add, { name: 'X', credential }),
        browser.post(`${add}/options`),
      ])
        expect((await visit).location).toMatch(/^\/account\/login/)
      const { rows } = await database.pool.query('select name from webauthn_devices where user_id = $1', [person.id])
      expect(rows).toEqual([{ name: 'Blue key' }])
    })

    it('as the first device of a user who got one at the same moment', async () => {
      const person = await createTestUser(site, { app: false })
      const browsers = [await signIn(site, person), await signIn(site, person)]
      const posts = await Promise.all(
        browsers.map(async (browser) => {
          const credential = createSoftwareKey().create(await asked(browser, `${add}/options`))
          return () => browser.post(add, { name: 'Key', credential })
        }),
      )
      await Promise.all(posts.map((post) => post()))
      const { rows } = await database.pool.query('select id from webauthn_devices where user_id = $1', [person.id])
      expect(rows).toHaveLength(1)
    })

    it.each<[string, Partial<Ceremony>]>([
      ['from a foreign origin', { origin: 'http://evil.example' }],
      ['for another relying party', { rpId: 'evil.example' }],
      ['to another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
      ['by a ceremony of another type', { type: 'webauthn.get' }],
      ['without a touch', { userPresent: false }],
      ['inside a frame of another site', { crossOrigin: true }],
      ['backed up and not to be backed up (WebAuthn §6.1.3)', { backedUp: true }],
      ['with a token binding of an unknown status', { moreClientData: { tokenBinding: { status: 'maybe' } } }],
      ['of an algorithm that was not asked for: ES384', { algorithm: -35 }],
      ['of an algorithm that was not asked for: ES512', { algorithm: -36 }],
      ['of an algorithm that was not asked for: RS1', { algorithm: -65_535 }],
      ['with no attestation and a statement', { attestation: { fmt: 'none', attStmt: new Map([['alg', -7]]) } }],
      ['with an attestation of a format that there is not', { attestation: { fmt: 'hearsay', attStmt: new Map() } }],
      [
        'with an invalid attestation',
        {
          attestation: {
            fmt: 'packed',
            attStmt: new Map<string, Uint8Array | number>([
              ['alg', -7],
              ['sig', Uint8Array.of(1)],
            ]),
          },
        },
      ],
    ])('%s', async (_what, wrong) => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const credential = createSoftwareKey().create({ ...(await asked(browser, `${add}/options`)), ...wrong })
      expect(await browser.post(add, { name: 'Key', credential })).toMatchObject({ status: 422, code: 'key_refused' })
      const { rows } = await database.pool.query('select id from webauthn_devices where user_id = $1', [person.id])
      expect(rows).toEqual([])
    })

    it("twice, late, with another session's challenge, or with one for another purpose", async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const post = async (credential: string) => (await browser.post(add, { name: 'Key', credential })).code
      const options = await asked(browser, `${add}/options`)
      expect((await browser.post(add, { name: 'Key', credential: createSoftwareKey().create(options) })).status).toBe(
        303,
      )
      expect(await post(createSoftwareKey().create(options))).toBe('key_refused')
      const other = await signIn(site, await createTestUser(site))
      expect(await post(createSoftwareKey().create(await asked(other, `${add}/options`)))).toBe('key_refused')
      expect(await post(createSoftwareKey().create(await asked(browser, ask)))).toBe('key_refused')
      const late = createSoftwareKey().create(await asked(browser, `${add}/options`))
      await database.pool.query("update webauthn_challenges set expires_at = '2026-01-01' where purpose = 'add'")
      expect(await post(late)).toBe('key_refused')
      for (const nonsense of ['', '{', '{}', 'null', '[]']) expect(await post(nonsense)).toBe('key_refused')
    })
  })

  it('sends a script only on the pages of a security key', async () => {
    const { person } = await keyOwner()
    const browser = await afterPassword(person)
    const [, script = ''] =
      /<script src="(\/assets\/webauthn\.[0-9a-f]{12}\.js)" defer>/.exec((await browser.get(login)).text) ?? []
    const served = await browser.get(script)
    expect(served).toMatchObject({ status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } })
    expect(served.headers['cache-control']).toContain('immutable')
    expect((await browser.get(login)).headers['content-security-policy']).toMatch(
      /script-src 'self'; connect-src 'self'$/,
    )
    for (const page of [
      await site.browser().get(login),
      await (await afterPassword(await createTestUser(site))).get(login),
    ]) {
      expect(page.text).not.toContain('<script')
      expect(page.headers['content-security-policy']).not.toContain('script-src')
    }
  })

  it('sends a challenge only to a user who is signing in or signed in, and has a key', async () => {
    expect((await site.browser().post(ask)).status).toBe(401)
    expect((await (await afterPassword(await createTestUser(site))).post(ask)).status).toBe(401)
    expect((await (await signIn(site, await createTestUser(site))).post(ask)).status).toBe(401)
  })

  it('leaves no old challenges behind', async () => {
    const { person } = await keyOwner()
    const browser = await afterPassword(person)
    await asked(browser)
    site.clock.advance(301)
    await asked(browser)
    const { rows } = await database.pool.query(
      'select count(*)::int as old from webauthn_challenges where expires_at <= $1',
      [site.clock.now()],
    )
    expect(rows).toEqual([{ old: 0 }])
  })
})
