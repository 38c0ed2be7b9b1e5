import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import type { HttpResponse, HttpBrowser, HttpRequest } from '../support/http-browser.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { type Host, startHost } from './host.js'

/** The headers that Node and Express add to every answer of a plain application. */
const OF_EXPRESS = new Set([
  'connection',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'last-modified',
  'transfer-encoding',
  'accept-ranges',
  'cache-control',
  'allow',
  'location',
  'vary',
  'content-security-policy',
  'x-content-type-options',
  'x-powered-by',
])

/** An application with every kind of answer, with or without the site in it. */
function routes(app: express.Express, guard: express.RequestHandler): void {
  app.get('/text', (_req, res) => void res.send('text'))
  app.get('/json', (_req, res) => void res.json({ a: 1 }))
  app.get('/redirect', (_req, res) => res.redirect('/text'))
  app.get('/raw', (_req, res) => void res.writeHead(200, { 'Content-Type': 'text/plain' }).end('raw'))
  app.get('/stream', (_req, res) => {
    res.write('one')
    setImmediate(() => res.end('two'))
  })
  app.get('/framed', (_req, res) => void res.set('X-Frame-Options', 'SAMEORIGIN').send('framed'))
  app.get('/thrown', () => {
    throw new Error('of the application')
  })
  app.get('/rejected', () => Promise.reject(new Error('of the application')))
  app.get('/guarded', guard, (_req, res) => void res.send('guarded'))
  app.get('/guarded-thrown', guard, () => {
    throw new Error('of the application')
  })
  app.use('/files', express.static(import.meta.dirname))
  app.get('/account/settings', (_req, res) => void res.send('settings'))
  app.use((error: Error, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(500).send(error.message)
  })
}

const addresses = [
  '/text',
  '/json',
  '/redirect',
  '/raw',
  '/stream',
  '/framed',
  '/thrown',
  '/rejected',
  '/files/host.ts',
  '/files/nothing',
  '/account/settings',
  '/nowhere',
  '/',
  '/favicon.ico',
  '/robots.txt',
  '/healthz',
  '/metrics',
  '/administration',
  '/assets/of-the-application.css',
  '/accounts/login',
]

describe.each(['http', 'https'])('in an application at %s', (scheme) => {
  const PUBLIC = 'https://shop.example.com'
  let host: Host
  let bare: Host
  let person: TestUser
  /** Sends the public URL as its origin, whichever port is behind it. */
  const open = (): HttpBrowser => {
    const browser = host.browser()
    const post = (path: string, form: Record<string, string> = {}) =>
      browser.visit(path, { method: 'POST', form, headers: { Origin: scheme === 'https' ? PUBLIC : host.baseUrl } })
    return { ...browser, post }
  }
  beforeAll(async () => {
    const config = scheme === 'https' ? { BASE_URL: PUBLIC } : {}
    host = await startHost({ config }, (app, site) => {
      app.use(site.router)
      routes(app, otpRequired(site.auth))
    })
    bare = await startHost({}, (app) => routes(app, (_req, _res, next) => next()))
    person = await createTestUser(host)
  })
  afterAll(async () => {
    await host.close()
    await bare.close()
  })

  const strange = ({ headers }: HttpResponse) => Object.keys(headers).filter((name) => !OF_EXPRESS.has(name))
  const visits: [string, HttpRequest][] = [
    ['GET', {}],
    ['HEAD', { method: 'HEAD' }],
    ['OPTIONS', { method: 'OPTIONS' }],
    ['POST', { method: 'POST' }],
    ['DELETE', { method: 'DELETE' }],
  ]

  it.each(addresses)('adds nothing to the answer of %s', async (address) => {
    const signedIn = await signIn(host, person, open())
    for (const [method, visit] of visits)
      for (const browser of [host.browser(), signedIn]) {
        const [ours, theirs] = [await browser.visit(address, visit), await bare.browser().visit(address, visit)]
        expect([method, ours.status, strange(ours)]).toEqual([method, theirs.status, strange(theirs)])
        for (const name of ['cache-control', 'vary', 'content-security-policy', 'x-content-type-options', 'set-cookie'])
          expect([method, name, ours.headers[name]]).toEqual([method, name, theirs.headers[name]])
      }
  })

  it.each(['/guarded', '/guarded-thrown'])('adds nothing behind a guard: %s', async (address) => {
    const browser = await signIn(host, person, open())
    const [ours, theirs] = [await browser.get(address), await bare.browser().get(address)]
    expect([ours.status, ours.text, strange(ours)]).toEqual([theirs.status, theirs.text, strange(theirs)])
  })

  it('sets cookies only for its own host, under its own names', async () => {
    const browser = open()
    const set: string[] = []
    const keep = ({ headers }: HttpResponse) => void set.push(...(headers['set-cookie'] ?? []))
    keep(await browser.post('/account/login', { username: person.email, password: person.password }))
    host.clock.advance(30)
    keep(await browser.post('/account/login', { otp_device: person.app?.persistentId ?? '', otp_token: person.code() }))
    keep(await browser.post('/account/two-factor/backup-tokens'))
    keep(await browser.post('/account/logout'))
    expect(set.length).toBeGreaterThan(2)
    for (const cookie of set) {
      expect(cookie).toMatch(scheme === 'https' ? /^__Host-otp_\w+=/ : /^otp_\w+=/)
      expect(cookie).not.toMatch(/domain=/i)
      expect(cookie).toMatch(/; HttpOnly/i)
      expect(/; Secure/i.test(cookie)).toBe(scheme === 'https')
    }
  })

  it.each(['/account/login', '/account/nothing-here', '/admin/login', '/admin/api/dashboard'])(
    'has its own headers on %s that affect no other host',
    async (address) => {
      const { headers } = await host.browser().get(address)
      expect(headers['strict-transport-security'] ?? '').not.toMatch(/includeSubDomains|preload/i)
      for (const name of ['access-control-allow-origin', 'clear-site-data', 'report-to', 'nel', 'public-key-pins'])
        expect(headers[name]).toBeUndefined()
    },
  )
})

it('leaves a stricter transport policy of the application as it is', async () => {
  const own = 'max-age=63072000; includeSubDomains; preload'
  const host = await startHost({ config: { BASE_URL: 'https://shop.example.com' } }, (app, site) => {
    app.use((_req, res, next) => {
      res.set('Strict-Transport-Security', own)
      next()
    })
    app.use(site.router)
    app.get('/text', (_req, res) => void res.send('text'))
  })
  for (const address of ['/account/login', '/admin', '/text', '/nowhere']) {
    const { headers } = await host.browser().get(address)
    expect([address, headers['strict-transport-security']]).toEqual([address, own])
  }
  await host.close()
})
