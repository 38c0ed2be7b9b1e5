import express from 'express'
import session from 'express-session'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import { requires } from '../../src/auth/guards/requires.js'
import { createTestUser, signIn } from '../support/site.js'
import { type Host, startHost } from './host.js'

declare module 'express-session' {
  interface SessionData {
    visits?: number
  }
}

const hostSession = () => session({ secret: 'of the application', resave: false, saveUninitialized: false })

describe.each(['before', 'after'])('an application with its own session, added %s the site', (order) => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({}, (app, site) => {
      app.set('query parser', 'extended')
      app.use((_req, res, next) => {
        res.set('X-Application', 'yes')
        next()
      })
      if (order === 'before') app.use(hostSession())
      app.use(site.router)
      if (order === 'after') app.use(hostSession())
      app.get('/visits', (req, res) => {
        req.session.visits = (req.session.visits ?? 0) + 1
        res.json({ visits: req.session.visits, keys: Object.keys(req.session), level: req.auth.level })
      })
      app.get('/query', (req, res) => res.json(req.query))
      app.post('/orders', express.json(), (req, res) => res.json(req.body))
      app.get('/account/settings', (_req, res) => void res.send('of the application'))
      app.post('/payouts', requires(site.auth, { maxAge: 300 }), express.urlencoded(), (req, res) => {
        req.session.visits = (req.session.visits ?? 0) + 1
        res.json({ paid: req.body.amount, visits: req.session.visits, level: req.auth.level })
      })
      app.get('/whole', (req, res) => {
        res.json({ user: req.user?.email ?? null, t: typeof req.t, id: typeof req.id, log: typeof req.log })
      })
      app.get('/reports', otpRequired(site.auth), (req, res) => {
        res.json({
          visits: req.session.visits ?? 0,
          device: req.auth.user?.otpDevice,
          csp: res.get('Content-Security-Policy') ?? null,
        })
      })
    })
  })
  afterAll(() => host.close())

  test('keeps both sessions next to each other, each in its own cookie', async () => {
    const browser = host.browser()
    expect((await browser.get('/visits')).text).toContain('"visits":1')
    const cookie = browser.cookies.get('connect.sid')
    await signIn(host, await createTestUser(host), browser)
    expect(browser.cookies.get('connect.sid')).toBe(cookie)
    const answer = await browser.get('/visits')
    expect(JSON.parse(answer.text)).toMatchObject({ visits: 2, level: 'verified' })
    expect(answer.text).not.toContain('factors')
    expect((await browser.get('/admin')).status).toBe(200)
    expect(JSON.parse((await browser.get('/visits')).text)).toMatchObject({ visits: 3, level: 'verified' })
    await browser.post('/account/logout')
    expect(JSON.parse((await browser.get('/visits')).text)).toMatchObject({ visits: 4, level: 'anonymous' })
  })

  test('has its own headers, query parser and error pages on its pages', async () => {
    const browser = host.browser()
    const answer = await browser.get('/query?a[b]=1')
    expect(JSON.parse(answer.text)).toEqual({ a: { b: '1' } })
    expect(answer.headers['content-security-policy']).toBeUndefined()
    expect(answer.headers['x-request-id']).toBeUndefined()
    expect(answer.headers['x-application']).toBe('yes')
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect((await browser.get('/account/settings')).text).toBe('of the application')
    expect((await browser.get('/nowhere')).text).toContain('Cannot GET /nowhere')
    expect((await browser.get('/healthz')).status).toBe(404)
    expect((await browser.get('/')).status).toBe(404)
  })

  test('receives a request from another origin on its own routes, and the site does not', async () => {
    const elsewhere = {
      'Sec-Fetch-Site': 'cross-site',
      Origin: 'https://elsewhere.example',
      'Content-Type': 'application/json',
    }
    const order = { method: 'POST', body: '{"beans":2}', headers: elsewhere }
    expect((await host.browser().visit('/orders', order)).text).toBe('{"beans":2}')
    expect((await host.browser().visit('/account/login', order)).code).toBe('cross_origin')
  })

  test('redirects a route behind otpRequired to the sign-in and back, and then has its own state again', async () => {
    const person = await createTestUser(host)
    const browser = host.browser()
    await browser.get('/visits')
    const refused = await browser.get('/reports')
    expect([refused.status, refused.location]).toEqual([302, '/account/login?next=%2Freports'])
    expect(refused.headers['content-security-policy']).toContain("default-src 'none'")
    await signIn(host, person, browser)
    const answer = await browser.get('/reports')
    expect(JSON.parse(answer.text)).toEqual({ visits: 1, device: person.app?.persistentId, csp: null })
  })

  test('completes a form that came too late for its route once, after the token', async () => {
    const person = await createTestUser(host)
    const browser = await signIn(host, person)
    host.clock.advance(400)
    const late = await browser.post('/payouts', { amount: '5' })
    expect([late.status, late.location?.split('?')[0]]).toEqual([302, '/account/verify'])
    const token = { otp_device: person.app?.persistentId ?? '', otp_token: person.code(), next: '/payouts' }
    const paid = await browser.post('/account/verify', token)
    expect(JSON.parse(paid.text)).toEqual({ paid: '5', visits: 1, level: 'verified' })
    host.clock.advance(30)
    expect((await browser.post('/account/verify', { ...token, otp_token: person.code() })).status).toBe(303)
  })

  test('shows its routes who signed in, and nothing else of the site', async () => {
    const person = await createTestUser(host)
    const browser = await signIn(host, person)
    expect(JSON.parse((await browser.get('/whole')).text)).toEqual({
      user: person.email,
      t: 'undefined',
      id: 'undefined',
      log: 'undefined',
    })
  })
})

test('a site that is mounted under a path reports it', async () => {
  const host = await startHost({}, (app, site) => void app.use('/staff', site.router))
  const answer = await host.browser().get('/staff/account/login')
  expect(answer.status).toBe(500)
  expect(answer.text).toContain('mounted under /staff')
  await host.close()
})

test('sends HSTS inside an application only for its own host name', async () => {
  const host = await startHost({ config: { BASE_URL: 'https://shop.example.com' } })
  const { headers } = await host.browser().get('/account/login')
  expect(headers['strict-transport-security']).toBe('max-age=31536000')
  await host.close()
})
