import { parse } from 'node:querystring'
import express, { type RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requires } from '../../src/auth/guards/requires.js'
import { startHost } from '../embedding/host.js'
import { createTestUser, signIn, type TestSite } from '../support/site.js'

const verify = '/account/verify'

/** Sets the query of the request on arrival if nothing has done so, as Express 4 does before anything else. */
const asExpress4 =
  (parser: (query: string) => unknown): RequestHandler =>
  (req, _res, next) => {
    if (!Object.hasOwn(req, 'query')) {
      const value = parser(/\?(.*)$/.exec(req.url)?.[1] ?? '')
      Object.defineProperty(req, 'query', { value, writable: true, configurable: true, enumerable: true })
    }
    next()
  }

describe.each(['simple', 'extended'])('req.query of a form that was saved, in Express 4 with %s queries', (how) => {
  let site: TestSite
  beforeAll(async () => {
    site = await startHost({ config: { OTP_POLICY: 'off' } }, (app, { auth, router }) => {
      app.set('query parser', how)
      app.use(asExpress4((query) => Reflect.apply(app.get('query parser fn'), null, [query])))
      app.use(router)
      app.post('/query', requires(auth, { maxAge: 60 }), express.urlencoded(), (req, res) => void res.json(req.query))
    })
  })
  afterAll(() => site.close())

  it.each(['', '?a=1&a=2', '?a[b]=1&c=%C3%A4', '?form=mine&next=/elsewhere', '?__proto__=1&toString=2'])(
    'is the same as for a new request with the query “%s”',
    async (query) => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const path = `/query${query}`
      site.clock.advance(301)
      const { location = '' } = await browser.post(path, { b: '1' })
      expect(location).toContain(verify)
      const resumed = await browser.post(`${verify}?kinds=totp`, { otp_token: person.code(), next: path })
      const fresh = await browser.post(path, { b: '1' })
      expect({ status: resumed.status, text: resumed.text }).toEqual({ status: 200, text: fresh.text })
    },
  )
})

it('is read by Node if an application has no parser of its own', async () => {
  const site = await startHost({ config: { OTP_POLICY: 'off' } }, (app, { auth, router }) => {
    app.set('query parser fn', undefined)
    app.use(asExpress4(parse))
    app.use(router)
    app.post('/query', requires(auth, { maxAge: 60 }), (req, res) => void res.json(req.query))
  })
  const person = await createTestUser(site)
  const browser = await signIn(site, person)
  site.clock.advance(301)
  await browser.post('/query?a=1&a=2', { b: '1' })
  const resumed = await browser.post(verify, { otp_token: person.code(), next: '/query?a=1&a=2' })
  expect(JSON.parse(resumed.text)).toEqual({ a: ['1', '2'] })
  await site.close()
})
