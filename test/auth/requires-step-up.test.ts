import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signInRequester } from '../security/requesters.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { type TestUser, signIn, type TestSite } from '../support/site.js'
import { asApiClient, openHostSite } from './host-site.js'
import { LOGIN, VERIFY, app, backup, createRequirementsHost, errorOf, peopleAt, wayTo } from './requirements-host.js'

const { declare, timesDone } = createRequirementsHost()

let site: TestSite
beforeAll(async () => {
  site = await openHostSite(declare, { OTP_POLICY: 'off' })
})
afterAll(() => site.close())

const { person, stale } = peopleAt(() => site)

describe('coming back from the step-up', () => {
  it('continues a GET with a redirect, query included', async () => {
    const who = await person()
    const browser = await stale(who)
    const address = '/fresh?page=2&q=a%20b'
    const away = await browser.get(address)
    expect(away.location).toBe(wayTo(address))
    expect(await browser.post(VERIFY, { ...app(who), next: address })).toMatchObject({ status: 303, location: address })
    expect(JSON.parse((await browser.get(address)).text)).toMatchObject({
      url: address,
      query: { page: '2', q: 'a b' },
    })
  })

  it('completes a form at a route of the host, with its fields, once', async () => {
    const who = await person()
    const browser = await stale(who)
    const address = `/fresh?of=${who.id}`
    expect((await browser.post(address, { name: 'Kept', more: 'ä & b' })).location).toBe(wayTo(address))
    expect(timesDone(address)).toBe(0)
    const completed = await browser.post(VERIFY, { ...app(who), next: address })
    expect(JSON.parse(completed.text)).toEqual({
      method: 'POST',
      url: address,
      query: { of: String(who.id) },
      body: { name: 'Kept', more: 'ä & b' },
      verified: true,
    })
    site.clock.advance(30)
    expect((await browser.post(VERIFY, { ...app(who), next: address })).location).toBe(address)
    expect(timesDone(address)).toBe(1)
  })

  it('completes it behind a router of the host, and if a parser before the guard has read it', async () => {
    const who = await person()
    const browser = await stale(who)
    await browser.post('/below/form/7', { a: '1' })
    const below = await browser.post(VERIFY, { ...app(who), next: '/below/form/7' })
    expect(JSON.parse(below.text)).toMatchObject({ url: '/below/form/7', body: { a: '1' } })
    site.clock.advance(120)
    await browser.post('/parsed-before', { 'a[b]': '1' })
    const before = await browser.post(VERIFY, { ...app(who), next: '/parsed-before' })
    expect(JSON.parse(before.text)).toMatchObject({ body: { a: { b: '1' } } })
  })

  it('checks the form against its requirement again', async () => {
    const who = await person()
    const browser = await stale(who)
    const address = `/both?of=${who.id}`
    await browser.post(address, { a: '1' })
    const between = await browser.post(`${VERIFY}?kinds=totp`, { ...app(who), next: address })
    expect(between).toMatchObject({ status: 302, location: `${wayTo(address)}&kinds=static` })
    expect(timesDone(address)).toBe(0)
    const completed = await browser.post(`${VERIFY}?kinds=static`, { ...backup(who, 0), next: address })
    expect(JSON.parse(completed.text).body).toEqual({ a: '1' })
  })

  it('does not complete it after 5 minutes, in another session, or after a sign-out', async () => {
    const who = await person()
    const address = `/fresh?late=${who.id}`
    const other = await signIn(site, who)
    const browser = await stale(who)
    await browser.post(address, { a: '1' })
    expect((await other.post(VERIFY, { ...app(who), next: address })).location).toBe(address)
    site.clock.advance(300)
    expect((await browser.post(VERIFY, { ...app(who), next: address })).location).toContain('too_late')
    site.clock.advance(120)
    await browser.post(address, { a: '1' })
    await browser.post('/account/logout')
    await signIn(site, who, browser)
    site.clock.advance(30)
    expect((await browser.post(VERIFY, { ...app(who), next: address })).location).toBe(address)
    expect(timesDone(address)).toBe(0)
  })

  it('completes only one of two at the same moment', async () => {
    const who = await person()
    const address = `/fresh?race=${who.id}`
    const browser = await stale(who)
    await browser.post(address, { a: '1' })
    const twin = site.browser()
    for (const [name, value] of browser.cookies) twin.cookies.set(name, value)
    await Promise.all([
      browser.post(VERIFY, { ...app(who), next: address }),
      twin.post(VERIFY, { ...backup(who, 0), next: address }),
    ])
    expect(timesDone(address)).toBe(1)
  })

  it('does not carry a form of an unverified user across the sign-in', async () => {
    const { browser, person: who } = await signInRequester(site, 'unverified staff')
    const address = `/fresh?unverified=${who.id}`
    expect((await browser.post(address, { a: '1' })).location).toBe(wayTo(address, LOGIN))
    expect((await site.database.pool.query('select 1 from kept_requests where user_id = $1', [who.id])).rows).toEqual(
      [],
    )
  })

  it.each([
    ['JSON', 'POST', 'application/json', '{"a":1}'],
    ['a file', 'POST', 'multipart/form-data; boundary=x', '--x--'],
    ['a large form', 'POST', 'application/x-www-form-urlencoded', `a=${'x'.repeat(17_000)}`],
    ['a PUT', 'PUT', 'application/x-www-form-urlencoded', 'a=1'],
  ])('says that %s is not saved', async (_, method, type, body) => {
    const browser = await stale(await person())
    const page = await browser.visit('/fresh', {
      method,
      body,
      headers: { 'Content-Type': type, Origin: site.baseUrl },
    })
    expect(page).toMatchObject({ status: 403, code: 'step_up_required' })
    expect(page.text).toContain('it contains files or is larger than 16 kB')
    expect(page.text).toContain(`href="${wayTo('/fresh')}"`)
  })
})

it('saves no form whose fields cannot be read, and says so', async () => {
  const browser = await stale(await person())
  expect(await browser.post('/read-before', { a: '1' })).toMatchObject({ status: 403, code: 'step_up_required' })
})

describe('the step-up page for certain kinds', () => {
  it('names them, and offers no others', async () => {
    const who = await person()
    const browser = await stale(who)
    const page = await browser.get(`${wayTo('/backup')}&kinds=static`)
    expect(page.text).toContain('Verify with: Backup tokens.')
    expect(page.text).toContain(`value="${who.backup?.persistentId}"`)
    expect(page.text).not.toContain(`value="${who.app?.persistentId}"`)
    expect(page.text).toContain('action="/account/verify?kinds=static"')
  })

  it("rejects another device's token with a clear text, and does not consume it", async () => {
    const who = await person()
    const browser = await stale(who)
    const form = { ...app(who), next: '/backup' }
    const wrong = await browser.post(`${VERIFY}?kinds=static`, form)
    expect(wrong).toMatchObject({ status: 422, code: 'wrong_kind' })
    expect(wrong.text).toContain('Choose one of the devices listed')
    const unnamed = await browser.post(`${VERIFY}?kinds=static`, { otp_token: who.code(), next: '/backup' })
    expect(unnamed).toMatchObject({ status: 422, code: 'wrong_kind' })
    expect((await browser.post(VERIFY, form)).status).toBe(303)
  })

  it('sends no code from a device that is not accepted', async () => {
    const who = await person()
    const browser = await stale(who)
    const form = { otp_device: who.app?.persistentId ?? '', otp_challenge: 'send' }
    expect(await browser.post(`${VERIFY}?kinds=static`, form)).toMatchObject({ status: 422, code: 'wrong_kind' })
  })

  it('says so if none of the devices is of that kind', async () => {
    const browser = await stale(await person())
    expect(await browser.get(`${VERIFY}?kinds=webauthn`)).toMatchObject({ status: 403, code: 'requirement_unmet' })
  })

  it('treats unknown names as none at all', async () => {
    const who = await person()
    const browser = await stale(who)
    const page = await browser.get(`${VERIFY}?kinds=%22%3E,nothing`)
    expect(page.status).toBe(200)
    expect(page.text).toContain('action="/account/verify"')
    expect((await browser.get(`${VERIFY}?kinds=static&kinds=totp`)).status).toBe(200)
  })

  it('is required again by the route if its URL leaves something out', async () => {
    const who = await person()
    const browser = await stale(who)
    await browser.post(VERIFY, { ...app(who), next: '/backup' })
    expect((await browser.get('/backup')).location).toContain('kinds=static')
  })
})

describe('the step-up over JSON', () => {
  const devicesOf = async (browser: HttpBrowser, path = VERIFY) =>
    JSON.parse((await asApiClient(browser).get(path)).text)

  it('lists the accepted devices', async () => {
    const who = await person()
    const browser = await stale(who)
    const listed = (device: TestUser['app'], kind: string) => ({
      id: device?.persistentId,
      kind,
      name: device?.name,
      interactive: false,
    })
    expect(await devicesOf(browser)).toEqual({
      devices: [listed(who.app, 'totp'), listed(who.backup, 'static')],
      kinds: null,
    })
    expect(await devicesOf(browser, `${VERIFY}?kinds=static`)).toEqual({
      devices: [listed(who.backup, 'static')],
      kinds: ['static'],
    })
  })

  it('verifies under a new session ID, and accepts the same request then', async () => {
    const who = await person()
    const browser = await stale(who)
    const script = asApiClient(browser)
    const old = browser.cookies.get('otp_session')
    const steps: unknown[] = []
    const off = site.otp.events.on('stepUp', ({ userId, device }) => void steps.push({ userId, device }))
    const answer = await script.post(VERIFY, app(who))
    off()
    expect(answer).toMatchObject({ status: 200, text: '{"verified":true}' })
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(browser.cookies.get('otp_session')).not.toBe(old)
    expect(steps).toEqual([{ userId: who.id, device: who.app?.persistentId }])
    expect((await script.get('/fresh')).status).toBe(200)
  })

  it('names what is wrong, with the statuses of the page', async () => {
    const who = await person()
    const script = asApiClient(await stale(who))
    expect(await script.post(VERIFY)).toMatchObject({ status: 422, code: 'token_required' })
    expect(await script.post(`${VERIFY}?kinds=static`, app(who))).toMatchObject({ status: 422, code: 'wrong_kind' })
    expect(await script.post(VERIFY, { ...app(who), kinds: 'static' })).toMatchObject({ code: 'wrong_kind' })
    const wrong = { otp_device: who.app?.persistentId ?? '', otp_token: '000000' }
    expect(errorOf(await script.post(VERIFY, wrong))).toEqual({
      code: 'invalid_token',
      message: expect.stringContaining('incorrect'),
    })
    const throttled = await script.post(VERIFY, app(who))
    expect(throttled).toMatchObject({ status: 429, code: 'n_failed_attempts' })
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0)
    expect(await script.get(`${VERIFY}?kinds=webauthn`)).toMatchObject({ status: 403, code: 'requirement_unmet' })
    expect(await script.post(VERIFY, { otp_token: 'x'.repeat(9000) })).toMatchObject({
      status: 400,
      code: 'bad_request',
    })
  })

  it('is for verified users', async () => {
    const anonymous = asApiClient(site.browser())
    expect(await anonymous.get(VERIFY)).toMatchObject({ status: 401, code: 'not_authenticated' })
    const { browser } = await signInRequester(site, 'unverified staff')
    expect(await asApiClient(browser).post(VERIFY)).toMatchObject({ status: 403, code: 'not_verified' })
  })

  it('completes no form that was saved from a page', async () => {
    const who = await person()
    const browser = await stale(who)
    const address = `/fresh?page=${who.id}`
    await browser.post(address, { a: '1' })
    expect((await asApiClient(browser).post(VERIFY, { ...app(who), next: address })).text).toBe('{"verified":true}')
    expect(timesDone(address)).toBe(0)
  })
})

describe('a verified factor', () => {
  it('is no longer accepted after its device is removed', async () => {
    const who = await person()
    const browser = await stale(who)
    await browser.post(VERIFY, { ...backup(who, 0) })
    expect((await browser.get('/backup')).status).toBe(200)
    const { pool } = site.database
    await pool.query('delete from static_devices where user_id = $1', [who.id])
    expect(await browser.get('/backup')).toMatchObject({ status: 403, code: 'requirement_unmet' })
    expect((await browser.get('/verified')).status).toBe(200)
  })
})
