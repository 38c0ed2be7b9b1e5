import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { addEmailDevice } from '../../src/kinds/email/add-device.js'
import { addStaticToken } from '../../src/kinds/static/add-token.js'
import { databaseKinds } from '../support/database.js'
import { startJourney } from '../support/journey.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

describe.each(databaseKinds())('signing in, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney(where)
    database = site.database
  })
  afterAll(() => site.close())
  const login = '/account/login'
  const sessionRows = async () => (await database.pool.query('select sid, sess from sessions')).rows

  it('accepts the password, then the token, and opens the panel', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    expect((await browser.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
    const first = await browser.post(login, { username: person.email, password: person.password })
    expect(first).toMatchObject({ status: 303, location: login })
    const page = await browser.get(login)
    expect(page.text).toContain(`value="${person.app?.persistentId}"`)
    const second = await browser.post(login, { otp_token: person.code() })
    expect(second).toMatchObject({ status: 303, location: '/admin' })
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('redirects people who are not staff to their account security page', async () => {
    const person = await createTestUser(site, { staff: false })
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    expect((await browser.post(login, { otp_token: person.code() })).location).toBe('/account/two-factor')
    expect((await browser.get('/account/two-factor')).status).toBe(200)
    expect(await browser.get('/admin')).toMatchObject({ status: 403, code: 'not_staff' })
  })

  it('keeps next through both steps, and through a rejection', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    const next = '/admin/resources/users?page=2'
    expect((await browser.get(`${login}?next=${encodeURIComponent(next)}`)).text).toContain(
      'value="/admin/resources/users?page=2"',
    )
    const wrong = await browser.post(login, { username: person.email, password: 'wrong', next })
    expect(wrong.text).toContain('value="/admin/resources/users?page=2"')
    const first = await browser.post(login, { username: person.email, password: person.password, next })
    expect(first.location).toBe(`${login}?next=${encodeURIComponent(next)}`)
    expect((await browser.get(first.location ?? '')).text).toContain('value="/admin/resources/users?page=2"')
    expect((await browser.post(login, { otp_token: person.code(), next })).location).toBe(next)
  })

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%0d%0aX: y',
    'javascript:alert(1)',
    '/\t/evil.example',
    '\\\\evil',
    '/..//evil.example',
  ])('does not follow next to %j', async (next) => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password, next })
    const location = (await browser.post(login, { otp_token: person.code(), next })).location ?? ''
    expect(new URL(location, site.baseUrl).origin).toBe(site.baseUrl)
    expect(location).not.toContain('evil.example')
  })

  it('returns the same error for an unknown address, a wrong password, an inactive user and empty fields', async () => {
    const person = await createTestUser(site)
    const inactive = await createTestUser(site, { active: false })
    const bodies = []
    for (const [username, password] of [
      ['nobody@example.com', 'x'],
      [person.email, 'x'],
      [inactive.email, inactive.password],
      ['', ''],
    ] as const) {
      const answer = await site.browser().post(login, { username, password })
      expect(answer).toMatchObject({ status: 422, code: 'invalid_login' })
      bodies.push(answer.text.replaceAll(username || '\0', ''))
    }
    expect(new Set(bodies.slice(0, 3)).size).toBe(1)
  })

  it('finds the email address in upper and lower case', async () => {
    const person = await createTestUser(site)
    const answer = await site
      .browser()
      .post(login, { username: ` ${person.email.toUpperCase()} `, password: person.password })
    expect(answer.status).toBe(303)
  })

  it('sets no cookie for anonymous requests, and changes the session ID at each step', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.get(login)
    expect(browser.cookies.size).toBe(0)
    await browser.post(login, { username: person.email, password: person.password })
    const pending = browser.cookies.get('otp_session')
    await browser.post(login, { otp_token: person.code() })
    const verified = browser.cookies.get('otp_session')
    expect(pending).toBeTruthy()
    expect(verified).not.toBe(pending)
    const thief = site.browser()
    thief.cookies.set('otp_session', pending ?? '')
    expect((await thief.get('/admin')).status).toBe(302)
    expect((await thief.get(login)).text).toContain('name="password"')
  })

  it('marks the cookie HttpOnly and SameSite=Lax', async () => {
    const person = await createTestUser(site)
    const answer = await site.browser().post(login, { username: person.email, password: person.password })
    const cookie = String(answer.headers['set-cookie'])
    expect(cookie).toMatch(/^otp_session=/)
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    expect(cookie).toMatch(/; Path=\//)
  })

  it('signs nobody in between the steps', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    expect((await browser.get('/admin')).status).toBe(302)
    expect(await browser.get('/admin/api/resources/users/actions/list')).toMatchObject({
      status: 401,
      code: 'not_authenticated',
    })
    expect((await browser.get('/account/two-factor')).status).toBe(302)
  })

  it('stores neither password nor code in a session, and logs neither', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    await browser.post(login, { otp_token: '424242' })
    site.clock.advance(30)
    await browser.post(login, { otp_token: person.code() })
    const written = JSON.stringify(await sessionRows()) + site.log.join('')
    for (const secret of [
      person.password,
      '424242',
      person.code(),
      ...person.backupTokens,
      ...browser.cookies.values(),
    ])
      expect(written.includes(secret)).toBe(false)
    expect(site.log.length).toBeGreaterThan(0)
  })

  it('asks for the token again after a wrong one, and throttles', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    expect(await browser.post(login, { otp_token: '' })).toMatchObject({ status: 422, code: 'token_required' })
    expect(await browser.post(login, { otp_token: '000000' })).toMatchObject({ status: 422, code: 'invalid_token' })
    const wait = await browser.post(login, { otp_token: person.code() })
    expect(wait).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    expect(wait.headers['retry-after']).toBe('1')
    expect(wait.text).toContain('1 second')
    site.clock.advance(1)
    expect((await browser.post(login, { otp_token: person.code() })).status).toBe(303)
  })

  it('starts over if too much time passes between the steps', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    site.clock.advance(601)
    const late = await browser.post(login, { otp_token: person.code() })
    expect(late).toMatchObject({ status: 422, code: 'login_expired' })
    expect(late.text).toContain('name="password"')
    site.clock.advance(-601)
    expect((await browser.post(login, { otp_token: person.code() })).code).toBe('login_expired')
  })

  it('does not accept a token without the password before it', async () => {
    const person = await createTestUser(site)
    const answer = await site
      .browser()
      .post(login, { otp_token: person.code(), otp_device: person.app?.persistentId ?? '' })
    expect(answer).toMatchObject({ status: 422, code: 'login_expired' })
  })

  it("does not accept another user's device, or the user's own token under another ID", async () => {
    const person = await createTestUser(site)
    const other = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const device = other.app?.persistentId ?? ''
    expect((await browser.post(login, { otp_device: device, otp_token: person.code() })).code).toBe('invalid_token')
    const { rows } = await database.pool.query(
      'select user_id, failure_count from totp_devices where user_id = any($1)',
      [[person.id, other.id]],
    )
    expect(rows.every((row) => row.failure_count === 0)).toBe(true)
  })

  it('neither offers nor accepts a device that is not confirmed', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    await database.pool.query('update totp_devices set confirmed = false where user_id = $1', [person.id])
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    expect((await browser.get(login)).text).not.toContain('totp/')
    const answer = await browser.post(login, { otp_device: person.app?.persistentId ?? '', otp_token: person.code() })
    expect(answer.code).toBe('invalid_token')
  })

  it('accepts a backup token in any form, once, and does not offer an empty set', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    const [token = ''] = person.backupTokens
    const device = person.backup?.persistentId ?? ''
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    expect((await browser.get(login)).text).toContain(device)
    const typed = token.toLowerCase().replace(/(.{4})/g, '$1 - ')
    expect((await browser.post(login, { otp_device: device, otp_token: typed })).location).toBe('/admin')
    const again = site.browser()
    await again.post(login, { username: person.email, password: person.password })
    expect((await again.get(login)).text).not.toContain(device)
    expect((await again.post(login, { otp_device: device, otp_token: token })).code).toBe('invalid_token')
  })

  it('accepts a backup token without a named device as well', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    expect((await browser.post(login, { otp_token: person.backupTokens[0] ?? '' })).status).toBe(303)
  })

  it('says that an app has nothing to send', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const form = { otp_challenge: '1', otp_device: person.app?.persistentId ?? '' }
    expect(await browser.post(login, form)).toMatchObject({ status: 422, code: 'not_interactive' })
  })

  describe('in one form', () => {
    it('signs in at once', async () => {
      const person = await createTestUser(site, { backupTokens: 1 })
      const form = { username: person.email, password: person.password }
      expect((await site.browser().post(login, { ...form, otp_token: person.code() })).location).toBe('/admin')
      expect((await site.browser().post(login, { ...form, otp_token: person.backupTokens[0] ?? '' })).location).toBe(
        '/admin',
      )
    })

    it('leaves nothing behind after a wrong token', async () => {
      const person = await createTestUser(site)
      const browser = site.browser()
      const form = { username: person.email, password: person.password }
      expect(await browser.post(login, { ...form, otp_token: '000000' })).toMatchObject({
        status: 422,
        code: 'invalid_token',
      })
      expect((await browser.get(login)).text).toContain('name="password"')
      expect((await browser.post(login, { otp_token: person.code() })).code).toBe('login_expired')
    })

    it('does not verify a token after a wrong password', async () => {
      const person = await createTestUser(site)
      const answer = await site
        .browser()
        .post(login, { username: person.email, password: 'wrong', otp_token: '000000' })
      expect(answer.code).toBe('invalid_login')
      const { rows } = await database.pool.query('select failure_count from totp_devices where user_id = $1', [
        person.id,
      ])
      expect(rows).toEqual([{ failure_count: 0 }])
    })
  })

  it('asks a user who signed in without a device only for a token, once there is one', async () => {
    const invited = await startTestSite(database, { OTP_ENROLMENT: 'invite' })
    const person = await createTestUser(invited, { app: false })
    const browser = invited.browser()
    const first = await browser.post(login, { username: person.email, password: person.password })
    expect((await browser.get(first.location ?? '')).text).toContain('No second factor yet')
    expect((await browser.get('/admin')).location).toBe('/account/login?next=%2Fadmin')
    expect((await browser.get('/admin/api/resources/users/actions/list')).code).toBe('not_verified')
    const token = await database.sequelize.transaction(async (transaction) => {
      return (await addStaticToken(invited.otp, transaction, person.id)).token
    })
    const page = await browser.get(login)
    expect(page.text).not.toContain('name="password"')
    expect((await browser.post(login, { otp_token: token })).location).toBe('/admin')
    expect((await browser.get('/admin')).status).toBe(200)
    await invited.close()
  })

  it('does not let the password alone enrol a user whose only device is of a kind that was turned off', async () => {
    const person = await createTestUser(site, { app: false })
    await addEmailDevice(site.otp, undefined, { userId: person.id, name: 'Mail', confirmed: true, address: null })
    const browser = site.browser()
    const first = await browser.post(login, { username: person.email, password: person.password })
    expect(first.location).toBe(login)
    expect((await browser.get(login)).text).toContain('Contact an administrator')
    const setUp = '/account/two-factor/setup'
    expect((await browser.get(setUp)).location).toMatch(/^\/account\/login/)
    expect((await browser.post(setUp, { method: 'totp' })).location).toMatch(/^\/account\/login/)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it('forgets the signed-in user when another one signs in', async () => {
    const one = await createTestUser(site)
    const other = await createTestUser(site, { app: false, staff: false })
    const browser = await signIn(site, one)
    expect((await browser.get(login)).text).toContain('name="password"')
    await browser.post(login, { username: other.email, password: other.password })
    const profile = await browser.get('/account/two-factor')
    expect(profile.text).toContain(other.email)
    expect(profile.text).not.toContain(one.email)
  })

  it('signs out by POST, and the old cookie is not accepted', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const cookie = browser.cookies.get('otp_session') ?? ''
    expect((await browser.get('/account/logout')).status).toBe(200)
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await browser.post('/account/logout')).location).toBe(login)
    expect(browser.cookies.has('otp_session')).toBe(false)
    const thief = site.browser()
    thief.cookies.set('otp_session', cookie)
    expect((await thief.get('/admin')).status).toBe(302)
  })

  it('does not clear the failures of the token with a correct password alone', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    await browser.post(login, { otp_token: '000000' })
    await site.browser().post(login, { username: person.email, password: person.password })
    const { rows } = await database.pool.query('select failure_count from totp_devices where user_id = $1', [person.id])
    expect(rows).toEqual([{ failure_count: 1 }])
  })

  it('locks by account, not by session: ten failures in ten browsers', async () => {
    const person = await createTestUser(site)
    for (let index = 0; index < 10; index += 1) {
      const browser = site.browser()
      await browser.post(login, { username: person.email, password: person.password })
      await database.pool.query('update totp_devices set failure_count = 0 where user_id = $1', [person.id])
      expect((await browser.post(login, { otp_token: '000000' })).code).toBe('invalid_token')
    }
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const locked = await browser.post(login, { otp_token: person.code() })
    expect(locked).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    expect(locked.headers['retry-after']).toBe('900')
    expect(locked.text).toContain('15 minutes')
  })
})
