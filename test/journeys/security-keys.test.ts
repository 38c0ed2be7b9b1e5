import { describe, expect, it } from 'vitest'
import { createTestUser, signIn } from '../support/site.js'
import { createSoftwareKey } from '../support/software-key.js'
import { KEY_CHALLENGE, useSecurityKeys } from '../support/security-keys.js'
import { addSoftwareKey } from '../support/webauthn.js'

const login = '/account/login'
const add = '/account/two-factor/security-keys/add'

describe('security keys', () => {
  const { afterPassword, asked, keyOwner, rowOf, site } = useSecurityKeys()

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

  it('adds a key in the setup, which signs in from then on', async () => {
    const person = await createTestUser(site(), { app: false })
    const key = createSoftwareKey()
    const browser = await signIn(site(), person)
    expect((await browser.get(add)).text).toContain('data-key="create"')
    const before = browser.cookies.get('otp_session')
    const credential = key.create(await asked(browser, `${add}/options`))
    const added = await browser.post(add, { name: '  Blue key ', credential, next: '/admin' })
    expect(added).toMatchObject({ status: 303, location: '/account/two-factor/setup/complete?next=%2Fadmin' })
    expect(browser.cookies.get('otp_session')).not.toBe(before)
    expect((await browser.get('/admin')).status).toBe(200)
    const { rows } = await site().database.pool.query('select * from webauthn_devices where user_id = $1', [person.id])
    expect(rows).toMatchObject([{ name: 'Blue key', confirmed: true, transports: ['usb'], counter: '0' }])

    const later = await afterPassword(person)
    expect((await later.get(login)).text).toContain('Use your security key')
    const token = key.answer(await asked(later))
    expect(await later.post(login, { otp_token: token })).toMatchObject({ status: 303, location: '/admin' })
    expect((await later.get('/admin')).status).toBe(200)
    expect(await rowOf(rows[0].id)).toMatchObject({ counter: '1', failure_count: 0, last_used_at: site().clock.now() })
  })

  it('records and emails that a key was added', async () => {
    const { person, device } = await keyOwner()
    const { rows } = await site().database.pool.query('select event, device from audit_events where user_id = $1', [
      person.id,
    ])
    expect(rows).toContainEqual({ event: 'device_added', device: device.persistentId })
  })

  it('stores no secret of the ceremony: challenge and answer are in no session and no log', async () => {
    const { person, key } = await keyOwner()
    const browser = await afterPassword(person)
    const options = await asked(browser)
    const { rows } = await site().database.pool.query('select sess from sessions')
    expect(JSON.stringify(rows)).not.toContain(options.challenge)
    const token = key.answer(options)
    await browser.post(login, { otp_token: token })
    const stored = JSON.stringify((await site().database.pool.query('select * from webauthn_challenges')).rows)
    expect(stored).not.toContain(options.challenge)
    expect(site().log.join('')).not.toContain(options.challenge)
    expect(site().log.join('')).not.toContain(key.credentialId)
  })

  describe('several keys of one user', () => {
    it('answer one challenge each, and the answer identifies the key', async () => {
      const { person, key, device } = await keyOwner()
      const second = await addSoftwareKey(site().otp, person.id)
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
      const browser = await signIn(site(), await createTestUser(site()))
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
    const { rows } = await site().database.pool.query('select event, device from audit_events where user_id = $1', [
      person.id,
    ])
    expect(rows).toContainEqual({ event: 'device_removed', device: device.persistentId })
  })

  it('are removed by their owner only, and the last one stays if two-factor authentication is required', async () => {
    const { person, key, device } = await keyOwner()
    const address = `/account/two-factor/security-keys/${device.id}/delete`
    const stranger = await signIn(site(), await createTestUser(site()))
    expect((await stranger.post(address)).status).toBe(404)
    const browser = await afterPassword(person)
    await browser.post(login, { otp_token: key.answer(await asked(browser)) })
    expect(await browser.post(address)).toMatchObject({ status: 422, code: 'policy' })
    expect(await rowOf(device.id)).toMatchObject({ confirmed: true })
  })

  it('shows whether it can be backed up when it is added, or at the next sign-in', async () => {
    for (const backupEligible of [true, false]) {
      const person = await createTestUser(site(), { app: false })
      const key = createSoftwareKey()
      const browser = await signIn(site(), person)
      const credential = key.create({
        ...(await asked(browser, `${add}/options`)),
        backupEligible,
        backedUp: backupEligible,
      })
      expect((await browser.post(add, { name: 'Key', credential })).status).toBe(303)
      const stored = async () =>
        (
          await site().database.pool.query(
            'select backup_eligible, backed_up from webauthn_devices where user_id = $1',
            [person.id],
          )
        ).rows
      expect(await stored()).toEqual([{ backup_eligible: backupEligible, backed_up: backupEligible }])
      // As for a key that was added before this was stored.
      await site().database.pool.query('update webauthn_devices set backup_eligible = null where user_id = $1', [
        person.id,
      ])
      const later = await afterPassword(person)
      const token = key.answer({ ...(await asked(later)), backupEligible, backedUp: false })
      expect((await later.post(login, { otp_token: token })).status).toBe(303)
      expect(await stored()).toEqual([{ backup_eligible: backupEligible, backed_up: false }])
    }
  })

  it('signs in again and again with a key that does not count', async () => {
    const person = await createTestUser(site(), { app: false })
    const { key } = await addSoftwareKey(site().otp, person.id, createSoftwareKey({ counts: false }))
    for (let index = 0; index < 2; index += 1) {
      const browser = await afterPassword(person)
      expect((await browser.post(login, { otp_token: key.answer(await asked(browser)) })).status).toBe(303)
    }
  })

  it('asks for a PIN or a fingerprint only if the site requires that of a second factor', async () => {
    const { person, key } = await keyOwner()
    const relyingParty = site().otp.settings.relyingParty
    const submit = async (userVerified: boolean) => {
      const browser = await afterPassword(person)
      const options = await asked(browser)
      const answer = await browser.post(login, { otp_token: key.answer({ ...options, userVerified }) })
      return [options['userVerification'], answer.status]
    }
    expect(await submit(false)).toEqual(['preferred', 303])
    site().otp.settings.relyingParty = relyingParty && { ...relyingParty, userVerification: 'required' }
    expect(await submit(false)).toEqual(['required', 422])
    expect(await submit(true)).toEqual(['required', 303])
    site().otp.settings.relyingParty = relyingParty
  })

  it('confirms a step-up, too', async () => {
    const { person, key } = await keyOwner()
    const browser = await afterPassword(person)
    await browser.post(login, { otp_token: key.answer(await asked(browser)) })
    site().clock.advance(301)
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
      await site().browser().get(login),
      await (await afterPassword(await createTestUser(site()))).get(login),
    ]) {
      expect(page.text).not.toContain('<script')
      expect(page.headers['content-security-policy']).not.toContain('script-src')
    }
  })

  it('sends a challenge only to a user who is signing in or signed in, and has a key', async () => {
    expect((await site().browser().post(KEY_CHALLENGE)).status).toBe(401)
    expect((await (await afterPassword(await createTestUser(site()))).post(KEY_CHALLENGE)).status).toBe(401)
    expect((await (await signIn(site(), await createTestUser(site()))).post(KEY_CHALLENGE)).status).toBe(401)
  })

  it('leaves no old challenges behind', async () => {
    const { person } = await keyOwner()
    const browser = await afterPassword(person)
    await asked(browser)
    site().clock.advance(301)
    await asked(browser)
    const { rows } = await site().database.pool.query(
      'select count(*)::int as old from webauthn_challenges where expires_at <= $1',
      [site().clock.now()],
    )
    expect(rows).toEqual([{ old: 0 }])
  })
})
