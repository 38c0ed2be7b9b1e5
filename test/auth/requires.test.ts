import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requires } from '../../src/auth/guards/requires.js'
import { signInRequester, type Requester } from '../security/requesters.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import type { TestSite } from '../support/site.js'
import { asApiClient, openHostSite } from './host-site.js'
import {
  LOGIN,
  VERIFY,
  app,
  backup,
  createRequirementsHost,
  errorOf,
  peopleAt,
  type requirements,
} from './requirements-host.js'

const { act, declare } = createRequirementsHost()

let site: TestSite
beforeAll(async () => {
  site = await openHostSite(declare, { OTP_POLICY: 'off' })
})
afterAll(() => site.close())

const { person, stale } = peopleAt(() => site)

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
