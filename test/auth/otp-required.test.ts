import type { Express, RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Auth } from '../../src/auth/auth.js'
import type { GuardOptions } from '../../src/auth/guards/guard-options.js'
import { guarded } from '../../src/auth/guards/guarded.js'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import { parseForms } from '../../src/http/forms/read-form.js'
import { rawRequest, sendRaw } from '../security/send-raw.js'
import { type SignedInRequester, signInRequester, type Requester } from '../security/requesters.js'
import type { HttpResponse } from '../support/http-browser.js'
import type { TestSite } from '../support/site.js'
import { asApiClient, openHostSite } from './host-site.js'

const people = [
  'anonymous',
  'pending',
  'unverified staff',
  'staff without a device',
  'verified staff',
] as const satisfies readonly Requester[]

/** What each of them gets, in that order. `LOGIN` and `SETUP` include the path back. */
type Row = [path: string, options: GuardOptions, page: string, program: string]

const LOGIN = '302 /account/login'
const NEITHER = '401 not_authenticated, 401 not_authenticated'

// In the order of `people`.
const rows: Row[] = [
  [
    '/plain',
    {},
    `${LOGIN}?next, ${LOGIN}?next, ${LOGIN}?next, 403 not_verified, 200`,
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/if-configured',
    { ifConfigured: true },
    `${LOGIN}?next, ${LOGIN}?next, ${LOGIN}?next, 200, 200`,
    `${NEITHER}, 403 not_verified, 200, 200`,
  ],
  [
    '/login-url',
    { loginUrl: '/enter?theme=dark' },
    '302 /enter?theme=dark&next, 302 /enter?theme=dark&next, 302 /enter?theme=dark&next, 403 not_verified, 200',
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/login-elsewhere',
    { loginUrl: 'https://sso.example.com/' },
    '302 https://sso.example.com/?next, 302 https://sso.example.com/?next, 302 https://sso.example.com/?next, 403 not_verified, 200',
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/verification-url',
    { verificationUrl: '/enrol' },
    `${LOGIN}?next, ${LOGIN}?next, ${LOGIN}?next, 302 /enrol?next, 200`,
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/field',
    { redirectFieldName: 'way', verificationUrl: '/enrol' },
    `${LOGIN}?way, ${LOGIN}?way, ${LOGIN}?way, 302 /enrol?way, 200`,
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/raise-anonymous',
    { raiseAnonymous: true },
    `403 not_authenticated, 403 not_authenticated, ${LOGIN}?next, 403 not_verified, 200`,
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/raise-unverified',
    { raiseUnverified: true },
    `${LOGIN}?next, ${LOGIN}?next, ${LOGIN}?next, 403 not_verified, 200`,
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
  [
    '/raise-unverified-first',
    { raiseUnverified: true, verificationUrl: '/enrol' },
    `${LOGIN}?next, ${LOGIN}?next, ${LOGIN}?next, 403 not_verified, 200`,
    `${NEITHER}, 403 not_verified, 403 not_verified, 200`,
  ],
]

let site: TestSite
const signedIn = new Map<Requester, SignedInRequester>()
const handler: RequestHandler = (req, res) => void res.json({ user: req.user?.email, body: req.body })

beforeAll(async () => {
  const declare = (host: Express, auth: Auth) => {
    for (const [path, options] of rows) {
      host.get(path, otpRequired(auth, options), handler)
      host.post(path, otpRequired(auth, options), ...parseForms(), handler)
    }
    host.get(
      '/wrapped/:id',
      guarded(otpRequired(auth), (req, res) => void res.json(req.params)),
    )
    host.get(/evil/, otpRequired(auth), handler)
    host.get(
      '/faulty',
      guarded(otpRequired(auth), () => Promise.reject(new Error('a fault of the host'))),
    )
  }
  // If the policy requires a second factor, a user without one gets only to the setup.
  site = await openHostSite(declare, { OTP_POLICY: 'off' })
  for (const requester of people) signedIn.set(requester, await signInRequester(site, requester))
})
afterAll(() => site.close())

const browserOf = (requester: Requester) => {
  const requesterSession = signedIn.get(requester)
  if (!requesterSession) throw new Error(`${requester} is not signed in`)
  return requesterSession.browser
}

/** As the table writes it: the path back is replaced by its name after it was checked. */
function wordsFor({ status, code, location }: HttpResponse, address: string): string {
  if (location === undefined) return code ? `${status} ${code}` : String(status)
  const ways = [`next=${encodeURIComponent(address)}`, `way=${encodeURIComponent(address)}`]
  const way = ways.find((each) => location.endsWith(each))
  return `${status} ${way ? location.slice(0, -way.length) + way.slice(0, way.indexOf('=')) : location}`
}

describe.each(rows)('otpRequired on %s with %o', (path, _, page, program) => {
  const address = `${path}?page=2&sort=name`
  const cases = people.map((requester, index) => ({
    requester,
    asPerson: page.split(', ')[index],
    asJson: program.split(', ')[index],
  }))

  it.each(cases)('answers a person $asPerson: $requester', async ({ requester, asPerson }) => {
    const browser = browserOf(requester)
    expect(wordsFor(await browser.get(address), address)).toBe(asPerson)
    expect(wordsFor(await browser.post(address, { a: '1' }), address)).toBe(asPerson)
  })

  it.each(cases)('answers an API client $asJson: $requester', async ({ requester, asJson }) => {
    const browser = asApiClient(browserOf(requester))
    for (const answer of [await browser.get(address), await browser.post(address, { a: '1' })]) {
      expect(wordsFor(answer, address)).toBe(asJson)
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
    }
  })
})

describe('otpRequired', () => {
  it('says on its page that a second factor is missing, and links to the setup and back', async () => {
    const page = await browserOf('staff without a device').get('/plain')
    expect(page.text).toContain('You need a second factor to open this page')
    expect(page.text).toMatch(/href="\/account\/two-factor\/setup\?next=%2Fplain">Set up two-factor authentication</)
  })

  it('shows no link if the option is to raise', async () => {
    const page = await browserOf('staff without a device').get('/raise-unverified')
    expect(page.text).not.toContain('/account/two-factor/setup')
  })

  it('shows no link if devices need an invitation, and says whom to contact', async () => {
    const invited = await openHostSite((host, auth) => void host.get('/plain', otpRequired(auth), handler), {
      OTP_POLICY: 'off',
      OTP_ENROLMENT: 'invite',
    })
    const { browser } = await signInRequester(invited, 'staff without a device')
    const page = await browser.get('/plain')
    expect(page).toMatchObject({ status: 403, code: 'not_verified' })
    expect(page.text).toContain('Ask an administrator')
    expect(page.text).not.toContain('/account/two-factor/setup')
    await invited.close()
  })

  it('gives an API client the URL to go to', async () => {
    const anonymous = asApiClient(browserOf('anonymous'))
    const unverified = asApiClient(browserOf('unverified staff'))
    const deviceless = asApiClient(browserOf('staff without a device'))
    const errorOf = ({ text }: HttpResponse) => JSON.parse(text).error
    expect(errorOf(await anonymous.get('/plain'))).toEqual({
      code: 'not_authenticated',
      message: "You're not signed in. Sign in to continue.",
      loginUrl: '/account/login?next=%2Fplain',
    })
    expect(errorOf(await anonymous.get('/login-url')).loginUrl).toBe('/enter?theme=dark&next=%2Flogin-url')
    expect(errorOf(await unverified.get('/plain'))).toMatchObject({ verificationUrl: '/account/verify?next=%2Fplain' })
    expect(errorOf(await deviceless.get('/field'))).toMatchObject({ verificationUrl: '/enrol?way=%2Ffield' })
  })

  it('treats a request that accepts anything as one from a person', async () => {
    const browser = browserOf('anonymous')
    for (const Accept of ['*/*', 'text/html,*/*;q=0.8', 'text/html, application/json'])
      expect(await browser.visit('/plain', { headers: { Accept } })).toMatchObject({ status: 302 })
    const program = await browser.visit('/plain', { headers: { Accept: 'application/json, text/html;q=0.5' } })
    expect(program.status).toBe(401)
  })

  it.each(['//evil.example/', '/\\evil.example', '/%5c/../..//evil.example', 'http://evil.example/x//evil.example'])(
    'keeps no path back to %s',
    async (target) => {
      const { status, head } = await sendRaw(site.baseUrl, rawRequest(`GET ${target} HTTP/1.1`, []))
      expect([status, /^location: (.*)$/im.exec(head)?.[1]]).toEqual([302, '/account/login'])
    },
  )

  it('wraps a handler with the parameters of its route, and lets nobody else reach it', async () => {
    expect(JSON.parse((await browserOf('verified staff').get('/wrapped/7')).text)).toEqual({ id: '7' })
    expect((await browserOf('unverified staff').get('/wrapped/7')).location).toBe('/account/login?next=%2Fwrapped%2F7')
  })

  it('passes an error of the wrapped handler on', async () => {
    expect((await browserOf('verified staff').get('/faulty')).status).toBe(500)
  })

  it.each<[string, object]>([
    ['a misspelt option', { ifConfigurd: true }],
    ['an empty address', { loginUrl: '' }],
  ])('throws for %s when the route is declared', (_, options) => {
    expect(() => otpRequired(site.auth, options)).toThrow(expect.objectContaining({ code: 'guard_options_invalid' }))
  })
})
