import { base32nopad } from '@scure/base'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { purgeExpired } from '../../src/purge-expired.js'
import type { Database } from '../../src/db/connect.js'
import { purgeUnconfirmedDevices } from '../../src/otp/devices/purge-unconfirmed-devices.js'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse } from '../support/http-browser.js'
import { databaseKinds } from '../support/database.js'
import { QR_CODE, SETUP, SETUP_COMPLETE, setupSteps } from '../support/setup-steps.js'
import { startJourney } from '../support/journey.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { startDeliveries } from '../support/deliveries.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'

describe.each(databaseKinds())('setting up an authenticator app, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney(where)
    database = site.database
  })
  afterAll(() => site.close())

  const { begin, devicesOf, newcomer, secretOn } = setupSteps(() => site)
  const tokensOn = (page: HttpResponse) =>
    [...page.text.matchAll(/<li><code>([A-Z2-7-]{19})<\/code>/g)].map((hit) => hit[1])

  it('takes staff without a device from the password through every step to the requested page', async () => {
    const person = await createTestUser(site, { app: false })
    const browser = site.browser()
    const next = '/admin/resources/users?page=2'
    const signedIn = await browser.post('/account/login', { username: person.email, password: person.password, next })
    expect(signedIn).toMatchObject({ status: 303, location: `${SETUP}?next=${encodeURIComponent(next)}` })
    expect((await browser.get(signedIn.location ?? '')).text).toContain(`value="${next}"`)

    const method = await browser.post(SETUP, { next })
    expect(method.status).toBe(303)
    const choice = await browser.get(method.location ?? '')
    expect(choice.text).toContain('name="method" value="totp"')
    expect(choice.text).toContain(`value="${next}"`)

    const configuration = await browser.post(SETUP, { method: 'totp', next })
    expect(configuration).toMatchObject({ status: 303, location: `${SETUP}?next=${encodeURIComponent(next)}` })
    const page = await browser.get(configuration.location ?? '')
    expect(page.text).toContain(`src="${QR_CODE}"`)
    const done = await browser.post(SETUP, { otp_token: appCode(secretOn(page), site.clock.now()), next })
    expect(done).toMatchObject({ status: 303, location: `${SETUP_COMPLETE}?next=${encodeURIComponent(next)}` })
    const finished = (await browser.get(done.location ?? '')).text
    expect(finished).toContain(`href="${next}"`)
    expect(finished.replace(/[\u2066-\u2069]/g, '')).toContain('“Authenticator app” is ready.')
    expect((await browser.get('/admin')).status).toBe(200)
  })

  it('gives QR code, URI and key of the same 160 bits', async () => {
    const { person, browser } = await newcomer()
    await browser.post(SETUP, { method: 'totp' })
    const page = await browser.get(SETUP)
    const secret = secretOn(page)
    expect(secret).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/)
    expect(base32nopad.decode(secret.replaceAll(' ', ''))).toHaveLength(20)
    const uri = new URL(/href="(otpauth:[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '')
    expect(uri.searchParams.get('secret')).toBe(secret.replaceAll(' ', ''))
    expect(uri.searchParams.get('issuer')).toBe('OTP Admin')
    expect(decodeURIComponent(uri.pathname)).toContain(`OTP Admin:${person.email}`)
    const picture = await browser.get(QR_CODE)
    expect(picture.headers['content-type']).toMatch(/^image\/svg\+xml/)
    expect(picture.headers['cache-control']).toBe('no-store')
    // A white background under the whole picture, and four modules of quiet zone (ISO/IEC 18004 §5.3.8).
    expect(picture.text).toMatch(/<path fill="#ffffff" d="M0 0h(\d+)v\1H0z"\/><path stroke="#000000" d="M4 4\.5h7/)
  })

  it('has no QR code before the setup begins and after it ends', async () => {
    const { browser } = await newcomer()
    expect((await browser.get(QR_CODE)).status).toBe(404)
    const secret = await begin(browser)
    expect((await browser.get(QR_CODE)).status).toBe(200)
    await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    expect((await browser.get(QR_CODE)).status).toBe(404)
  })

  it('generates ten backup tokens at the end of the first setup and shows them once', async () => {
    const { person, browser } = await newcomer()
    const secret = await begin(browser)
    const done = await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    expect(done).toMatchObject({ status: 303, location: SETUP_COMPLETE })
    const page = await browser.get(SETUP_COMPLETE)
    const tokens = tokensOn(page)
    expect(new Set(tokens).size).toBe(10)
    expect(page.text).toContain('download="backup-tokens.txt"')
    expect(tokensOn(await browser.get(SETUP_COMPLETE))).toEqual([])

    const later = site.browser()
    const form = { username: person.email, password: person.password, otp_token: tokens[3] ?? '' }
    expect((await later.post('/account/login', form)).location).toBe('/admin')
    expect((await site.browser().post('/account/login', form)).code).toBe('invalid_token')
  })

  it('generates no more of them for a second device', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const secret = await begin(browser)
    expect((await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })).status).toBe(303)
    expect(tokensOn(await browser.get(SETUP_COMPLETE))).toEqual([])
    expect(await devicesOf(person)).toMatchObject([{ confirmed: true }, { confirmed: true }])
  })

  it('gives every further app its own name, and reuses a free name after a removal', async () => {
    const { person, browser } = await newcomer()
    const add = async () => {
      const secret = await begin(browser)
      site.clock.advance(30)
      expect((await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })).status).toBe(303)
    }
    const names = async () => (await devicesOf(person)).map(({ name }) => name)
    await begin(browser)
    for (const _ of [1, 2, 3]) await add()
    expect(await names()).toEqual(['Authenticator app', 'Authenticator app 2', 'Authenticator app 3'])
    const [, middle] = await devicesOf(person)
    await browser.post(`/account/two-factor/devices/totp/${middle?.id}/remove`)
    await add()
    expect(await names()).toEqual(['Authenticator app', 'Authenticator app 3', 'Authenticator app 2'])
  })

  it('consumes the code that confirmed, and accepts the next one at sign-in', async () => {
    const { person, browser } = await newcomer()
    const secret = await begin(browser)
    const code = appCode(secret, site.clock.now())
    expect((await browser.post(SETUP, { otp_token: code })).status).toBe(303)
    const form = { username: person.email, password: person.password }
    expect((await site.browser().post('/account/login', { ...form, otp_token: code })).code).toBe('invalid_token')
    site.clock.advance(30)
    const next = appCode(secret, site.clock.now())
    expect((await site.browser().post('/account/login', { ...form, otp_token: next })).location).toBe('/admin')
  })

  it('accepts the codes of one time step around, and no others', async () => {
    for (const [steps, status] of [
      [-1, 303],
      [1, 303],
      [-2, 422],
      [2, 422],
    ] as const) {
      const { browser } = await newcomer()
      const secret = await begin(browser)
      const at = new Date(site.clock.now().getTime() + steps * 30_000)
      expect((await browser.post(SETUP, { otp_token: appCode(secret, at) })).status).toBe(status)
    }
  })

  it('changes the session ID when it verifies, and the old one is not accepted', async () => {
    const { browser } = await newcomer()
    const secret = await begin(browser)
    const before = browser.cookies.get('otp_session') ?? ''
    await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    expect(browser.cookies.get('otp_session')).not.toBe(before)
    const thief = site.browser()
    thief.cookies.set('otp_session', before)
    expect((await thief.get(SETUP)).location).toMatch(/^\/account\/login/)
  })

  it('keeps the same key after a wrong code, and throttles as at sign-in', async () => {
    const { browser } = await newcomer()
    const secret = await begin(browser)
    expect(await browser.post(SETUP, { otp_token: ' ' })).toMatchObject({ status: 422, code: 'token_required' })
    const wrong = await browser.post(SETUP, { otp_token: '000000' })
    expect(wrong).toMatchObject({ status: 422, code: 'invalid_token' })
    expect(secretOn(wrong)).toBe(secret)
    const wait = await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    expect(wait).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    expect(wait.headers['retry-after']).toBe('1')
    expect(wait.text).toContain('1 second')
    site.clock.advance(1)
    expect((await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })).status).toBe(303)
  })

  it('continues with the same key when the method is chosen again', async () => {
    const { person, browser } = await newcomer()
    const secret = await begin(browser)
    expect(await begin(browser)).toBe(secret)
    expect(await devicesOf(person)).toHaveLength(1)
  })

  it("accepts a phone number and its code at the wizard's own path, too", async () => {
    const deliveries = startDeliveries(database, site, { embedded: where === 'embedded' })
    onTestFinished(() => deliveries.stop())
    const { person, browser } = await newcomer()
    const phones = '/account/two-factor/phones/add'
    expect((await browser.post(SETUP, { method: 'phone' })).location).toBe(phones)
    const form = { method: 'phone', phone_number: '+31612345678', phone_method: 'sms' }
    expect(await browser.post(SETUP, form)).toMatchObject({ status: 303, location: phones })
    const wrong = await browser.post(SETUP, { otp_token: '000000' })
    expect(wrong).toMatchObject({ status: 422, code: 'invalid_token' })
    const { rows } = await database.pool.query('select number, confirmed from phone_devices where user_id = $1', [
      person.id,
    ])
    expect(rows).toEqual([{ number: '+31612345678', confirmed: false }])
  })

  it('rejects a method that is not offered', async () => {
    const { browser } = await newcomer()
    expect(await browser.post(SETUP, { method: 'email' })).toMatchObject({ status: 422, code: 'method_not_offered' })
    expect(await browser.post(SETUP, { method: 'pigeon' })).toMatchObject({ status: 422, code: 'method_not_offered' })
  })

  it('leaves nothing that verifies when it is abandoned, at any step', async () => {
    const { person, browser } = await newcomer()
    const secret = await begin(browser)
    const [device] = await devicesOf(person)
    expect(device).toMatchObject({ confirmed: false })
    const form = { username: person.email, password: person.password }
    const otp_token = appCode(secret, site.clock.now())
    for (const named of [{}, { otp_device: `totp/${device.id}` }])
      expect(await site.browser().post('/account/login', { ...form, ...named, otp_token })).toMatchObject({
        status: 422,
        code: 'invalid_token',
      })
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it('expires after an hour, and is swept', async () => {
    const { person, browser } = await newcomer()
    const secret = await begin(browser)
    site.clock.advance(3599)
    expect((await browser.get(QR_CODE)).status).toBe(200)
    await purgeUnconfirmedDevices(site.otp)
    expect(await devicesOf(person)).toHaveLength(1)
    site.clock.advance(1)
    const late = await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    expect(late).toMatchObject({ status: 422, code: 'set_up_expired' })
    expect((await browser.get(QR_CODE)).status).toBe(404)
    expect(await devicesOf(person)).toHaveLength(1)
    await Promise.all([purgeUnconfirmedDevices(site.otp), purgeUnconfirmedDevices(site.otp)])
    expect(await devicesOf(person)).toHaveLength(0)
  })

  it('sweeps no disabled device, used or not', async () => {
    const used = await createTestUser(site)
    await signIn(site, used)
    await database.pool.query('update totp_devices set confirmed = false where user_id = $1', [used.id])
    const unused = await createTestUser(site)
    const device = unused.app?.persistentId
    await database.pool.query(
      `insert into audit_events (at, event, user_id, device) values (now(), 'device_switched_off', $1, $2)`,
      [unused.id, device],
    )
    await database.pool.query('update totp_devices set confirmed = false where user_id = $1', [unused.id])
    site.clock.advance(1e7)
    await purgeUnconfirmedDevices(site.otp)
    expect(await devicesOf(used)).toHaveLength(1)
    expect(await devicesOf(unused)).toHaveLength(1)
  })

  it('keeps the key out of sessions and log, and encrypts it in its row', async () => {
    const { browser } = await newcomer()
    const secret = await begin(browser)
    await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    const tokens = tokensOn(await browser.get(SETUP_COMPLETE))
    expect(tokens).toHaveLength(10)
    const dump: string[] = [site.log.join('')]
    for (const table of ['sessions', 'totp_devices', 'static_tokens', 'audit_events', 'graphile_worker._private_jobs'])
      dump.push(JSON.stringify((await database.pool.query(`select * from ${table}`)).rows))
    const key = secret.replaceAll(' ', '')
    const raw = Buffer.from(base32nopad.decode(key))
    for (const form of [key, secret, raw.toString('hex'), raw.toString('base64'), ...tokens])
      expect(dump.join('').includes(form ?? '')).toBe(false)
  })

  it('records the device and notifies its owner by email', async () => {
    const { person, browser } = await newcomer()
    const secret = await begin(browser)
    await browser.post(SETUP, { otp_token: appCode(secret, site.clock.now()) })
    const { rows } = await database.pool.query('select event from audit_events where user_id = $1 order by id', [
      person.id,
    ])
    expect(rows.map(({ event }) => event)).toEqual(expect.arrayContaining(['device_added', 'backup_tokens_made']))
    const mails = await queuedEmailsTo(database, person.email)
    expect(mails.map(({ mail }) => mail)).toEqual(expect.arrayContaining(['device-added', 'backup-tokens-made']))
  })

  it('redirects people without a device who were asked for a token to the setup', async () => {
    const { browser } = await newcomer({ staff: false })
    expect(await browser.get('/account/login?next=%2Fadmin')).toMatchObject({
      status: 302,
      location: `${SETUP}?next=%2Fadmin`,
    })
  })

  it('does not loop when all backup tokens are used', async () => {
    const person = await createTestUser(site, { app: false, backupTokens: 1 })
    await database.pool.query('delete from static_tokens')
    const browser = await signIn(site, person)
    await browser.post('/account/login', { username: person.email, password: person.password })
    expect((await browser.get('/account/login')).status).toBe(200)
  })

  it('sweeps links that have expired', async () => {
    await database.pool.query(
      `insert into one_time_links (purpose, user_id, token_hash, created_at, expires_at)
        select 'invitation', min(id), 'old', now(), $1 from users`,
      [site.clock.now()],
    )
    await purgeExpired(site)
    expect((await database.pool.query(`select from one_time_links where token_hash = 'old'`)).rowCount).toBe(0)
  })
})
