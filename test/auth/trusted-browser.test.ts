import express, { type RequestHandler, type Router } from 'express'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Auth } from '../../src/auth/auth.js'
import { otpRequired } from '../../src/auth/guards/otp-required.js'
import { requires } from '../../src/auth/guards/requires.js'
import type { HttpBrowser } from '../support/http-browser.js'
import { createTestUser, type TestUser, type TestSite } from '../support/site.js'
import { asApiClient, openHostSite } from './host-site.js'

const VERIFY = '/account/verify?next='

const show: RequestHandler = (req, res) => void res.json({ body: req.body, factors: req.auth.factors })

function declareHost(host: Router, auth: Auth): void {
  host.get('/verified', otpRequired(auth), show)
  host.get('/app', requires(auth, { kinds: ['totp'] }), show)
  host.get('/fresh', requires(auth, { maxAge: 300 }), show)
  host.get('/himself', requires(auth, { trustedBrowser: false }), show)
  host.post('/himself', requires(auth, { trustedBrowser: false }), express.urlencoded(), show)
}

let site: TestSite
beforeAll(async () => {
  site = await openHostSite(declareHost, { TRUST_BROWSER_DAYS: '30' })
})
afterAll(() => site.close())

/** Signed in a second time, with the password and a trusted browser. */
async function byTrust(): Promise<{ browser: HttpBrowser; person: TestUser }> {
  const [person, browser] = [await createTestUser(site), site.browser()]
  const form = { username: person.email, password: person.password }
  await browser.post('/account/login', { ...form, otp_token: person.code(), trust_browser: 'on' })
  browser.cookies.delete('otp_session')
  await browser.post('/account/login', form)
  site.clock.advance(30)
  return { browser, person }
}

it('accepts a trusted browser if any factor will do, and names it as what it is', async () => {
  const { browser, person } = await byTrust()
  for (const address of ['/verified', '/app']) {
    const answer = await browser.get(address)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text).factors).toMatchObject([
      { kind: 'password', how: 'typed' },
      { kind: 'totp', device: person.app?.persistentId, how: 'trusted_browser' },
    ])
  }
})

it.each(['/fresh', '/himself'])('%s asks the user for a token, and continues after it', async (address) => {
  const { browser, person } = await byTrust()
  const way = VERIFY + encodeURIComponent(address)
  expect((await browser.get(address)).location).toBe(way)
  const given = await browser.post('/account/verify', { otp_token: person.code(), next: address })
  expect(given).toMatchObject({ status: 303, location: address })
  expect((await browser.get(address)).status).toBe(200)
})

it('saves a posted form until the token, and completes it then', async () => {
  const { browser, person } = await byTrust()
  const kept = await browser.post('/himself', { colour: 'blue' })
  expect(kept.location).toBe(VERIFY + encodeURIComponent('/himself'))
  const done = await browser.post('/account/verify', { otp_token: person.code(), next: '/himself' })
  expect(JSON.parse(done.text)).toMatchObject({ body: { colour: 'blue' } })
})

it('tells an API client that a trusted browser is not accepted', async () => {
  const { browser } = await byTrust()
  const answer = await asApiClient(browser).get('/himself')
  expect(answer.status).toBe(403)
  expect(JSON.parse(answer.text).error).toMatchObject({
    code: 'step_up_required',
    missing: { reason: 'trusted_browser' },
  })
})
