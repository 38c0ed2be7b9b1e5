import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import {
  createTestUser,
  type TestUser,
  signIn,
  startTestSite,
  type TestSite,
  type TestUserTraits,
} from '../support/site.js'
import { openHostSite } from '../auth/host-site.js'
import { type ComparedForm, declareRoutes, hostForms, ownForms } from './kept-forms.table.js'

const verify = '/account/verify'

async function stale(site: TestSite, traits: TestUserTraits = {}): Promise<{ person: TestUser; browser: HttpBrowser }> {
  const person = await createTestUser(site, traits)
  const browser = await signIn(site, person)
  site.clock.advance(301)
  return { person, browser }
}

const send = (browser: HttpBrowser, { path, body, type, headers }: ComparedForm): Promise<HttpResponse> =>
  browser.visit(path, {
    method: 'POST',
    body,
    headers: { 'Content-Type': type ?? 'application/x-www-form-urlencoded', ...headers },
  })

/** Without the parts that differ between two equal requests. */
const alike = ({ status, location, code, text }: HttpResponse) => ({
  status,
  location,
  code,
  text: text.startsWith('<!doctype') ? '' : text,
})

async function sendBoth(site: TestSite, form: ComparedForm): Promise<{ resumed: HttpResponse; fresh: HttpResponse }> {
  const { person, browser } = await stale(site)
  const away = await send(browser, form)
  expect(away).toMatchObject({ status: 302, location: expect.stringMatching(/^\/account\/verify\?next=/) })
  const resumed = await browser.post(verify, { otp_token: person.code(), next: form.path })
  const fresh = await send(browser, form)
  return { resumed, fresh }
}

describe('a saved form', () => {
  describe('at a route of a host application', () => {
    let site: TestSite
    beforeAll(async () => {
      site = await openHostSite(declareRoutes, { OTP_POLICY: 'off' })
    })
    afterAll(() => site.close())

    it.each(hostForms)('gets the response of a new request: $title', async (form) => {
      const { resumed, fresh } = await sendBoth(site, form)
      expect(fresh.status).toBe(form.status)
      expect(alike(resumed)).toEqual(alike(fresh))
    })

    it('gets the same response if it arrived in chunks', async () => {
      const { person, browser } = await stale(site)
      const body = 'a=1'
      expect((await chunked(site, browser, '/simple', body)).status).toBe(302)
      const resumed = await browser.post(verify, { otp_token: person.code(), next: '/simple' })
      expect(JSON.parse(resumed.text)).toMatchObject({ body: { a: '1' }, length: '3' })
    })

    it('is reported as not saved if it turns out to be too large', async () => {
      const { browser } = await stale(site)
      const answer = await chunked(site, browser, '/simple', `a=${'x'.repeat(20_000)}`)
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain('it contains files or is larger than 16 kB')
    })

    it('is not saved if it is compressed', async () => {
      const { browser } = await stale(site)
      const form = { title: '', path: '/simple', body: 'a=1', headers: { 'Content-Encoding': 'gzip' }, status: 403 }
      expect(await send(browser, form)).toMatchObject({ status: 403, code: 'step_up_required' })
    })

    it.each([
      ['no longer staff', 'update users set is_staff = false where id = $1', 403],
      ['deactivated', 'update users set is_active = false where id = $1', 302],
      ['signed out everywhere', 'update users set auth_epoch = auth_epoch + 1 where id = $1', 302],
    ])('is not completed for a user who is %s by then', async (_what, sql, status) => {
      const { person, browser } = await stale(site)
      await browser.post('/staff', { a: '1' })
      await site.database.pool.query(sql, [person.id])
      const resumed = await browser.post(verify, { otp_token: person.code(), next: '/staff' })
      expect(resumed.status).toBe(status)
      expect(resumed.text).not.toContain('originalUrl')
    })

    it('completes the last of two forms, once', async () => {
      const { person, browser } = await stale(site)
      await browser.post('/simple', { a: 'first' })
      await browser.post('/simple', { a: 'second' })
      const resumed = await browser.post(verify, { otp_token: person.code(), next: '/simple' })
      expect(JSON.parse(resumed.text).body).toEqual({ a: 'second' })
      site.clock.advance(30)
      expect((await browser.post(verify, { otp_token: person.code(), next: '/simple' })).status).toBe(303)
    })

    it('is not completed at another spelling of its path', async () => {
      const { person, browser } = await stale(site)
      await browser.post('/simple', { a: '1' })
      expect(await browser.post(verify, { otp_token: person.code(), next: '/simple/' })).toMatchObject({
        status: 303,
        location: '/simple/',
      })
    })

    it.each([
      ['Sec-Fetch-Site', { 'Sec-Fetch-Site': 'same-site' }],
      ['Origin', { Origin: 'https://other.example.com' }],
      ['Origin', { Origin: 'null' }],
    ])('is not completed by a token that a page of another site submits, by %s', async (_name, headers) => {
      const { person, browser } = await stale(site)
      await browser.post('/simple', { a: '1' })
      const form = { otp_token: person.code(), next: '/simple' }
      const crossed = await browser.visit(verify, { method: 'POST', form, headers })
      expect(crossed).toMatchObject({ status: 403, code: 'cross_origin' })
      expect(JSON.parse((await browser.post(verify, form)).text).body).toEqual({ a: '1' })
    })

    it('is not completed in a session in which another user has signed in', async () => {
      const { browser } = await stale(site)
      await browser.post('/simple', { a: '1' })
      const other = await createTestUser(site)
      await signIn(site, other, browser)
      site.clock.advance(30)
      const answer = await browser.post(verify, { otp_token: other.code(), next: '/simple' })
      expect(answer).toMatchObject({ status: 303, location: '/simple' })
    })
  })

  describe('at a page of the site', () => {
    let database: Awaited<ReturnType<typeof openTestDatabase>>
    let site: TestSite
    beforeAll(async () => {
      database = await openTestDatabase()
      site = await startTestSite(database, { OTP_EMAIL: 'true' })
    })
    afterAll(async () => {
      await site.close()
      await database.close()
    })

    it.each(ownForms)('gets the response of a new request: $title', async (form) => {
      const { resumed, fresh } = await sendBoth(site, form)
      expect(fresh.status).toBe(form.status)
      expect(alike(resumed)).toEqual(alike(fresh))
    })

    it('can continue in a session that an invitation started', async () => {
      const { person, browser } = await stale(site)
      const path = `/account/two-factor/devices/${person.app?.persistentId}/rename`
      await browser.post(path, { name: 'Renamed' })
      const sql = `update sessions set sess = (sess::jsonb || '{"invitedAt": 1}'::jsonb)::json where (sess ->> 'userId')::int = $1`
      await database.pool.query(sql, [person.id])
      const resumed = await browser.post(verify, { otp_token: person.code(), next: path })
      expect(resumed).toMatchObject({ status: 302, location: '/account/two-factor/setup' })
      expect(alike(await browser.post(path, { name: 'Renamed' }))).toEqual(alike(resumed))
    })
  })
})

/** Sends a form without its length. */
async function chunked({ baseUrl }: TestSite, browser: HttpBrowser, path: string, body: string): Promise<Response> {
  const answer = await fetch(new URL(path, baseUrl), {
    method: 'POST',
    body: new Blob([body]).stream(),
    duplex: 'half',
    redirect: 'manual',
    headers: {
      Cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'Content-Type': 'application/x-www-form-urlencoded',
    },
  })
  return answer
}
