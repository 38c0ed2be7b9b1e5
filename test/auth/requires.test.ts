import express, { type ErrorRequestHandler, type Express, type RequestHandler, Router } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Auth } from '../../src/auth/auth.js'
import { requires } from '../../src/auth/guards/requires.js'
import type { Requirement } from '../../src/auth/policy/requirement.js'
import { signInRequester, type Requester } from '../security/requesters.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn, type TestSite, type TestUserTraits } from '../support/site.js'
import { asApiClient, openHostSite } from './host-site.js'

const VERIFY = '/account/verify'
const LOGIN = '/account/login'

const requirements = {
  password: { level: 'authenticated' },
  verified: { level: 'verified' },
  fresh: { maxAge: 60 },
  backup: { kinds: ['static'] },
  freshBackup: { kinds: ['static'], maxAge: 60 },
  key: { kinds: ['webauthn'] },
  either: { anyOf: [{ kinds: ['webauthn'] }, { kinds: ['static'] }] },
  both: { allOf: [{ kinds: ['totp'], maxAge: 60 }, { kinds: ['static'] }] },
  bothKeyed: { allOf: [{ kinds: ['static'] }, { kinds: ['webauthn'] }] },
  sameOne: { maxAge: 60, anyOf: [{ kinds: ['webauthn'] }, { kinds: ['static'] }] },
} as const satisfies Record<string, Requirement>

/** What the host's handler did, newest last. */
const done: { path: string; body: unknown }[] = []
const act: RequestHandler = (req, res) => {
  done.push({ path: req.originalUrl, body: req.body })
  res.json({
    method: req.method,
    url: req.originalUrl,
    query: req.query,
    body: req.body,
    verified: req.user?.isVerified(),
  })
}

function declareHost(host: Express, auth: Auth): void {
  for (const [name, requirement] of Object.entries(requirements)) {
    host.get(`/${name}`, requires(auth, requirement), act)
    host.post(`/${name}`, requires(auth, requirement), express.urlencoded(), act)
  }
  host.put('/fresh', requires(auth, requirements.fresh), act)
  host.post(
    '/read-before',
    (req, _res, next) => void req.resume().once('end', next),
    requires(auth, requirements.fresh),
    act,
  )
  host.post('/parsed-before', express.urlencoded({ extended: true }), requires(auth, requirements.fresh), act)
  host.use('/below', Router().post('/form/:id', requires(auth, requirements.fresh), express.urlencoded(), act))
}

let site: TestSite
beforeAll(async () => {
  site = await openHostSite(declareHost, { OTP_POLICY: 'off' })
})
afterAll(() => site.close())

const errorOf = ({ text }: HttpResponse) => JSON.parse(text).error
const wayTo = (address: string, page = VERIFY) => `${page}?next=${encodeURIComponent(address)}`
const person = (traits: TestUserTraits = {}) => createTestUser(site, { backupTokens: 4, ...traits })
/** Signed in by the app, two minutes ago. */
const stale = async (who: TestUser) => {
  const browser = await signIn(site, who)
  site.clock.advance(120)
  return browser
}
const backup = (who: TestUser, index: number) => ({
  otp_device: who.backup?.persistentId ?? '',
  otp_token: who.backupTokens[index] ?? '',
})
const app = (who: TestUser) => ({ otp_device: who.app?.persistentId ?? '', otp_token: who.code() })
const timesDone = (path: string) => done.filter((each) => each.path === path).length

describe('requires', () => {
  const people = [
    'anonymous',
    'pending',
    'staff without a device',
    'unverified staff',
    'verified staff',
  ] as const satisfies readonly Requester[]
  const IN = '302 /account/login?next=%2F'

  // An unverified staff user has only a backup token, and a verified one only an app.
  const rows: [keyof typeof requirements, page: string, program: string][] = [
    [
      'password',
      `${IN}password, ${IN}password, 200, 200, 200`,
      '401 not_authenticated, 401 not_authenticated, 200, 200, 200',
    ],
    [
      'verified',
      `${IN}verified, ${IN}verified, 403 not_verified, ${IN}verified, 200`,
      '401 not_authenticated, 401 not_authenticated, 403 not_verified, 403 not_verified, 200',
    ],
    [
      'fresh',
      `${IN}fresh, ${IN}fresh, 403 not_verified, ${IN}fresh, 302 /account/verify?next=%2Ffresh`,
      '401 not_authenticated, 401 not_authenticated, 403 not_verified, 403 not_verified, 403 step_up_required',
    ],
    [
      'backup',
      `${IN}backup, ${IN}backup, 403 not_verified, ${IN}backup, 403 requirement_unmet`,
      '401 not_authenticated, 401 not_authenticated, 403 not_verified, 403 not_verified, 403 requirement_unmet',
    ],
    [
      'key',
      `${IN}key, ${IN}key, 403 not_verified, 403 requirement_unmet, 403 requirement_unmet`,
      '401 not_authenticated, 401 not_authenticated, 403 not_verified, 403 requirement_unmet, 403 requirement_unmet',
    ],
    [
      'either',
      `${IN}either, ${IN}either, 403 not_verified, ${IN}either, 403 requirement_unmet`,
      '401 not_authenticated, 401 not_authenticated, 403 not_verified, 403 not_verified, 403 requirement_unmet',
    ],
  ]
  const arrivals = new Map<Requester, HttpBrowser>()
  beforeAll(async () => {
    for (const requester of people) arrivals.set(requester, (await signInRequester(site, requester)).browser)
    site.clock.advance(120)
  })
  const words = ({ status, code, location }: HttpResponse) =>
    [status, location ?? code].filter((word) => word !== undefined).join(' ')

  describe.each(rows)('for %s', (name, page, program) => {
    const cases = people.map((requester, index) => ({
      requester,
      asPerson: page.split(', ')[index],
      asJson: program.split(', ')[index],
    }))
    it.each(cases)(
      'answers a person $asPerson and an API client $asJson: $requester',
      async ({ requester, asPerson, asJson }) => {
        const browser = arrivals.get(requester) ?? site.browser()
        const script = asApiClient(browser)
        expect(words(await browser.get(`/${name}`))).toBe(asPerson)
        expect(words(await browser.post(`/${name}`))).toBe(asPerson)
        expect(words(await script.get(`/${name}`))).toBe(asJson)
        expect(words(await script.post(`/${name}`))).toBe(asJson)
      },
    )
  })

  it('tells an API client what is missing and where to give it', async () => {
    const script = asApiClient(await stale(await person()))
    expect(errorOf(await script.get('/freshBackup'))).toEqual({
      code: 'step_up_required',
      message: "Confirm it's you to continue.",
      missing: { reason: 'not_verified', kinds: ['static'], maxAge: 60 },
      verificationUrl: '/account/verify?next=%2FfreshBackup&kinds=static',
    })
    expect(errorOf(await script.get('/fresh'))).toMatchObject({
      missing: { reason: 'too_old', kinds: null, maxAge: 60 },
      verificationUrl: '/account/verify?next=%2Ffresh',
    })
    expect(errorOf(await script.get('/key'))).toEqual({
      code: 'requirement_unmet',
      message:
        'None of your devices meets the requirements for this. Accepted methods: Security key. Add one to your account, then try again.',
      missing: { reason: 'not_verified', kinds: ['webauthn'], maxAge: null },
      addUrl: '/account/two-factor',
    })
  })

  it('asks for the kind that this user has, if several would be accepted', async () => {
    const browser = await stale(await person())
    expect((await browser.get('/either')).location).toBe('/account/verify?next=%2Feither&kinds=static')
  })

  it('asks for one token if one is enough for all parts', async () => {
    const who = await person()
    const browser = await stale(who)
    const away = await browser.get('/sameOne')
    expect(away.location).toBe('/account/verify?next=%2FsameOne&kinds=static')
    const back = await browser.post(away.location ?? '', { ...backup(who, 0), next: '/sameOne' })
    expect(back.location).toBe('/sameOne')
    expect((await browser.get('/sameOne')).status).toBe(200)
  })

  it('asks for one part after the other, and for none of them twice', async () => {
    const who = await person()
    const browser = await stale(who)
    const first = await browser.get('/both')
    expect(first.location).toBe('/account/verify?next=%2Fboth&kinds=totp')
    await browser.post(first.location ?? '', { ...app(who), next: '/both' })
    const second = await browser.get('/both')
    expect(second.location).toBe('/account/verify?next=%2Fboth&kinds=static')
    await browser.post(second.location ?? '', { ...backup(who, 0), next: '/both' })
    expect((await browser.get('/both')).status).toBe(200)
  })

  it('reports what can never be met before the user enters a token', async () => {
    const browser = await stale(await person())
    const page = await browser.get('/bothKeyed')
    expect(page).toMatchObject({ status: 403, code: 'requirement_unmet' })
    expect(page.text).toContain('Accepted methods: Security key.')
    expect(page.text).toContain('href="/account/two-factor"')
  })

  it('says whom to contact if no device is left to verify with', async () => {
    const who = await person({ app: false, backupTokens: 1 })
    const browser = site.browser()
    await browser.post(LOGIN, { username: who.email, password: who.password })
    await browser.post(LOGIN, backup(who, 0))
    expect((await browser.get('/fresh')).status).toBe(200)
    site.clock.advance(61)
    const page = await browser.get('/fresh')
    expect(page).toMatchObject({ status: 403, code: 'requirement_unmet' })
    expect(page.text).toContain('Ask an administrator')
    expect((await browser.get(VERIFY)).code).toBe('requirement_unmet')
  })

  it('rejects a change from another site, whoever is signed in, and saves none', async () => {
    const who = await person()
    const browser = await stale(who)
    const headers = { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.example.com' }
    for (const address of ['/verified', '/fresh'])
      expect(await browser.visit(address, { method: 'POST', form: { a: '1' }, headers })).toMatchObject({
        status: 403,
        code: 'cross_origin',
      })
    expect((await site.database.pool.query('select 1 from kept_requests where user_id = $1', [who.id])).rows).toEqual(
      [],
    )
    expect((await browser.visit('/verified', { headers })).status).toBe(200)
  })

  it.each<[string, object]>([
    ['a misspelt name', { kind: ['totp'] }],
    ['a kind that there is none of', { anyOf: [{ kinds: ['totp'] }, { kinds: ['webauth'] }] }],
    ['less time than a person needs', { maxAge: 5 }],
  ])('throws for %s when the route is declared', (_, requirement) => {
    expect(() => requires(site.auth, requirement)).toThrow(expect.objectContaining({ code: 'requirement_invalid' }))
  })

  it.each<[string, object]>([
    ['nothing', {}],
    ['the claims of a token', { auth: { sub: '1', scope: 'read' } }],
    ['a state that is not ours', { auth: { level: 'verified', user: { id: 1 }, factors: [], freshness: 0 } }],
  ])('throws if something that left %s was mounted before it instead of the site', async (_, left) => {
    const leave: RequestHandler = (req, _res, next) => next(void Object.assign(req, left))
    const bare = express().get('/', leave, requires(site.auth, { level: 'authenticated' }), act)
    const faults: unknown[] = []
    const catchFault: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
      faults.push(error)
      res.sendStatus(500)
    }
    bare.use(catchFault)
    const server = bare.listen(0)
    const address = server.address()
    await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`)
    server.close()
    expect(faults).toEqual([expect.objectContaining({ code: 'guard_before_site' })])
  })
})

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
