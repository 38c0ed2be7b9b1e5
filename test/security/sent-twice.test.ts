import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { migrate } from '../../src/db/migrate.js'
import { wordKind } from '../embedding/tiny-kind/word-kind.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { databaseKinds, openTestDatabase } from '../support/database.js'
import { addEmail } from '../support/challenges.js'
import { createTestUser, signIn, type TestUser, startTestSite, type TestSite } from '../support/site.js'
import { listRoutes } from './list-routes.js'
import type { ReadyForm } from './sent-form.js'
import { harmlessForms, sentForms } from './sent-twice.table.js'

const login = '/account/login'
const settings = {
  BASE_URL: 'http://localhost:0',
  OTP_PASSKEY_LOGIN: 'true',
  OTP_EMAIL: 'true',
  TRUST_BROWSER_DAYS: '30',
}

const kinds = [wordKind()]

describe.each(databaseKinds())('a form that is submitted twice, on the %s database', (where) => {
  let database: Database
  /** Two processes over one database. */
  let site: TestSite
  let twin: TestSite
  beforeAll(async () => {
    database = await openTestDatabase(where)
    await migrate(database, kinds)
    site = await startTestSite(database, settings, undefined, { kinds })
    twin = await startTestSite(database, { ...settings, BASE_URL: site.baseUrl }, undefined, {
      kinds,
      clock: site.clock,
    })
  })
  afterAll(async () => {
    await Promise.all([site.close(), twin.close()])
    await database.close()
  })

  /** The same browser, as it was when the first form was submitted. */
  const copyOf = (browser: HttpBrowser, at = site): HttpBrowser => {
    const copy = at.browser()
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
    return copy
  }
  const send = ({ path, form }: ReadyForm, browser: HttpBrowser): Promise<HttpResponse> =>
    browser.visit(path, { method: 'POST', form: form ?? {}, headers: { Origin: site.baseUrl } })

  /** Everything that is recorded about a user, and everything that is sent. */
  const tracesOf = async ({ id }: TestUser): Promise<unknown> => {
    const one = async (sql: string, ...values: unknown[]) => (await database.pool.query(sql, values)).rows
    return {
      events: await one('select event from audit_events where user_id = $1 order by id', id),
      jobs: await one('select count(*) from graphile_worker.jobs'),
      tokens: await one(
        'select count(*) from static_tokens t join static_devices d on d.id = t.device_id where d.user_id = $1',
        id,
      ),
      failures: await one('select token_failed_at from users where id = $1', id),
      browsers: await one('select count(*) from trusted_browsers where user_id = $1', id),
      links: await one(
        'select purpose, used_at is null as open from one_time_links where user_id = $1 order by id',
        id,
      ),
    }
  }
  const alike = (answer: HttpResponse) => ({
    status: answer.status,
    location: answer.location,
    code: answer.code,
    cookies: answer.headers['set-cookie']?.map((line) => line.replace(/; Expires=.*?(?=;|$)/, '')).toSorted(),
  })

  const mailboxOf = async ({ id, email }: TestUser) => (await addEmail(site.otp, id, email)).persistentId

  describe.each(sentForms)('$title', ({ ready, shows }) => {
    it.each([0, 10])(
      'gets the response of the first when it arrives %d seconds later, and does nothing again',
      async (seconds) => {
        const given = await ready(site)
        const second = copyOf(given.browser)
        const first = await send(given, given.browser)
        expect(first.status).toBeLessThan(400)
        const traces = await tracesOf(given.person)
        site.clock.advance(seconds)
        expect(alike(await send(given, second))).toEqual(alike(first))
        expect(await tracesOf(given.person)).toEqual(traces)
        if (!first.location) return
        const page = await second.get(first.location)
        expect(page.status).toBe(200)
        expect(page.text).toMatch(shows ?? /<html/)
      },
    )

    it('gets the response of the first when both run at once, in two processes', async () => {
      const given = await ready(site)
      const second = copyOf(given.browser, twin)
      const answers = await Promise.all([send(given, given.browser), send(given, second)])
      expect(alike(answers[1])).toEqual(alike(answers[0]))
      expect(answers[0].status).toBeLessThan(400)
    })
  })

  it('has a row for every form of the site', () => {
    const posts = listRoutes(site.app).filter((route) => route.startsWith('POST /account'))
    const tried = [...sentForms.flatMap(({ routes }) => routes), ...Object.keys(harmlessForms)]
    expect(posts.filter((route) => !tried.includes(route))).toEqual([])
  })

  it.each(['at sign-in', 'in a setup'])('sends one code if both run at once, %s', async (step) => {
    const person = await createTestUser(site, { app: step === 'at sign-in' })
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const asks: ReadyForm =
      step === 'at sign-in'
        ? { person, browser, path: login, form: { otp_device: await mailboxOf(person), otp_challenge: 'send' } }
        : { person, browser, path: '/account/two-factor/email/add', form: { otp_challenge: 'send' } }
    const jobs = async () => (await database.pool.query('select id from graphile_worker.jobs')).rows.length
    const before = await jobs()
    const waits = [site, twin].map(({ auth }) => auth.deliveryWait)
    for (const { auth } of [site, twin]) auth.deliveryWait = 500
    const answers = await Promise.all([send(asks, browser), send(asks, copyOf(browser, twin))])
    for (const [index, { auth }] of [site, twin].entries()) auth.deliveryWait = waits[index] ?? auth.deliveryWait
    expect(alike(answers[1])).toEqual(alike(answers[0]))
    expect(answers[0].status).toBe(303)
    expect(await jobs()).toBe(before + 1)
  })

  it.each([
    ['on the page as it is after the code was sent', true],
    ['by a program, without the ID of the page', false],
  ])('has to wait if the request for a code is a new one, %s', async (_name, isPage) => {
    const person = await createTestUser(site)
    const device = await mailboxOf(person)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const request = async () => {
      const { text } = await browser.get(login)
      const [, form_id = ''] = /name="form_id" value="([^"]*)"/.exec(text) ?? []
      expect(form_id).toMatch(/^[\w-]{22}$/)
      return browser.post(login, { otp_device: device, otp_challenge: 'send', ...(isPage && { form_id }) })
    }
    expect((await request()).status).toBe(303)
    expect(await request()).toMatchObject({ status: 429, code: 'cooldown_pending' })
  })

  it('is processed again after the code may be sent again', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const form = {
      otp_device: await mailboxOf(person),
      otp_challenge: 'send',
      form_id: 'AAAAAAAAAAAAAAAAAAAAAA',
    }
    const sends = 'select count(*)::int as count from challenge_sends where user_id = $1'
    const sent = async () => (await database.pool.query(sends, [person.id])).rows[0]?.count
    expect((await browser.post(login, form)).status).toBe(303)
    site.clock.advance(12)
    expect((await browser.post(login, form)).status).toBe(303)
    expect(await sent()).toBe(1)
    site.clock.advance(20)
    expect((await browser.post(login, form)).status).toBe(303)
    expect(await sent()).toBe(2)
  })

  describe('is processed again', () => {
    const pendingWith = async (backupTokens = 0) => {
      const person = await createTestUser(site, { backupTokens })
      const browser = site.browser()
      await browser.post(login, { username: person.email, password: person.password })
      return { person, browser, path: login, form: { otp_token: person.code() } }
    }

    it.each([
      ['another token', (form: object) => ({ ...form, otp_token: '123456' })],
      ['another device', (form: object) => ({ ...form, otp_device: 'totp/1' })],
      ['another next path', (form: object) => ({ ...form, next: '/account/two-factor' })],
    ])('with %s, at any time', async (_what, change) => {
      const given = await pendingWith()
      const second = copyOf(given.browser)
      await send(given, given.browser)
      const other = await send({ ...given, form: change(given.form) }, second)
      expect(other).toMatchObject({ status: 422, code: 'login_expired' })
      expect((await second.get('/admin')).status).toBe(302)
    })

    it('from another session of the same user', async () => {
      const given = await pendingWith()
      const other = site.browser()
      await other.post(login, { username: given.person.email, password: given.person.password })
      await send(given, given.browser)
      expect((await send(given, other)).status).toBe(422)
    })

    it('by an anonymous request without the cookie', async () => {
      const given = await pendingWith()
      await send(given, given.browser)
      expect(await send(given, site.browser())).toMatchObject({ status: 422, code: 'login_expired' })
    })

    it('when it arrives late', async () => {
      const given = await pendingWith()
      const second = copyOf(given.browser)
      await send(given, given.browser)
      site.clock.advance(20)
      expect(await send(given, second)).toMatchObject({ status: 422, code: 'login_expired' })
    })

    const ends: [what: string, end: (form: ReadyForm) => Promise<unknown>][] = [
      ['signed out', async ({ browser }) => browser.post('/account/logout')],
      [
        'signed out everywhere',
        async ({ person: { id } }) =>
          database.pool.query('update users set auth_epoch = auth_epoch + 1 where id = $1', [id]),
      ],
      [
        'deactivated',
        async ({ person: { id } }) => database.pool.query('update users set is_active = false where id = $1', [id]),
      ],
    ]

    /** Forms after which the session is the same. Their responses can contain cookies. */
    const inSession: [what: string, path: string, form: (person: TestUser) => Promise<Record<string, string>>][] = [
      ['new backup tokens', '/account/two-factor/backup-tokens', async () => ({ form_id: 'A'.repeat(22) })],
      ['trusting the browser', '/account/two-factor/browsers/trust', async () => ({ trust_browser: 'on' })],
      [
        'another request for a code',
        '/account/verify',
        async (person) => ({ otp_device: await mailboxOf(person), otp_challenge: 'send', form_id: 'A'.repeat(22) }),
      ],
    ]
    it.each(ends.flatMap((end) => inSession.map((form) => [form[0], end[0], form, end] as const)))(
      'without the cookies of the first response: %s, once the user is %s',
      async (_what, _ended, [, path, formOf], [, end]) => {
        const person = await createTestUser(site)
        const browser = await signIn(site, person)
        const given = { person, browser, path, form: await formOf(person) }
        const second = copyOf(browser)
        expect((await send(given, browser)).status).toBe(303)
        expect((await send(given, copyOf(second))).status).toBe(303)
        await end(given)
        const repeated = await send(given, second)
        expect(repeated.headers['set-cookie']?.join() ?? '').not.toMatch(/otp_tokens|otp_trusted/)
        expect(repeated).toMatchObject({ status: 302, location: expect.stringMatching(/^\/account\/login/) })
      },
    )

    it.each(ends)('once the user is %s', async (_what, end) => {
      const given = await pendingWith()
      const second = copyOf(given.browser)
      await send(given, given.browser)
      await end(given)
      expect(await send(given, second)).toMatchObject({ status: 422, code: 'login_expired' })
      expect((await second.get('/admin')).status).toBe(302)
    })

    it('after five wrong codes for what was sent', async () => {
      const given = await pendingWith()
      const second = copyOf(given.browser)
      const third = copyOf(given.browser)
      await send(given, given.browser)
      for (let guess = 0; guess < 4; guess += 1)
        await send({ ...given, form: { otp_token: `00000${guess}` } }, copyOf(second))
      expect((await send(given, second)).status).toBe(303)
      await send({ ...given, form: { otp_token: '000009' } }, copyOf(third))
      expect(await send(given, third)).toMatchObject({ status: 422, code: 'login_expired' })
    })
  })

  describe('without a session before', () => {
    const sentBy = async (form: object = {}) => {
      const person = await createTestUser(site)
      const browser = site.browser()
      const [, form_id = ''] = /name="form_id" value="([^"]*)"/.exec((await browser.get(login)).text) ?? []
      const whole = { username: person.email, password: person.password, otp_token: person.code(), form_id, ...form }
      const given = { person, browser, path: login, form: whole }
      return { given, first: await send(given, browser) }
    }

    it('gets the same session even if the first response has arrived', async () => {
      const { given, first } = await sentBy()
      expect(first.status).toBe(303)
      const before = given.browser.cookies.get('otp_session')
      expect(await send(given, given.browser)).toMatchObject({ status: 303, location: first.location })
      expect(given.browser.cookies.get('otp_session')).toBe(before)
      expect((await given.browser.get('/admin')).status).toBe(200)
    })

    it.each([
      ['another token', { otp_token: '000000' }, 'invalid_token'],
      ['another password', { password: 'wrong' }, 'invalid_login'],
      ['another form ID', { form_id: 'AAAAAAAAAAAAAAAAAAAAAA' }, 'invalid_token'],
      ['no form ID', { form_id: '' }, 'invalid_token'],
      ['a form ID that is far too long', { form_id: 'A'.repeat(10_000) }, 'invalid_token'],
      ['another next path', { next: '/account/two-factor' }, 'invalid_token'],
    ])('is processed again with %s', async (_what, change, code) => {
      const { given } = await sentBy()
      const other = site.browser()
      expect(await send({ ...given, form: { ...given.form, ...change } }, other)).toMatchObject({ status: 422, code })
      expect((await other.get('/admin')).status).toBe(302)
    })

    it('is processed again from another browser, or late', async () => {
      const { given } = await sentBy()
      const other = site.browser('Another/1.0')
      expect(await send(given, other)).toMatchObject({ status: 422, code: 'invalid_token' })
      const { given: late } = await sentBy()
      site.clock.advance(20)
      expect(await send(late, site.browser())).toMatchObject({ status: 422, code: 'invalid_token' })
    })

    it('succeeds once without a form ID', async () => {
      const { given } = await sentBy({ form_id: 'too short' })
      expect(await send(given, site.browser())).toMatchObject({ status: 422, code: 'invalid_token' })
    })

    it('succeeds in its own form only if another page’s form ID is sent with it', async () => {
      const { given } = await sentBy()
      const { form_id } = given.form
      const forgot = { ...given, path: '/account/password/forgot' }
      const other = await createTestUser(site)
      expect(await send({ ...forgot, form: { username: other.email, form_id } }, site.browser())).toMatchObject({
        status: 303,
        location: '/account/password/forgot?sent',
      })
      const guess = { username: other.email, password: 'wrong', form_id }
      expect(await send({ ...given, form: guess }, site.browser())).toMatchObject({ code: 'invalid_login' })
    })

    it('is rejected with two form IDs, and succeeds once', async () => {
      const { given } = await sentBy({ form_id: 'none' })
      const twice = `${new URLSearchParams({ ...given.form }).toString()}&form_id=${'A'.repeat(22)}`
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const browser = site.browser()
      const rejected = await browser.visit(login, { method: 'POST', body: twice, headers })
      expect(rejected.status).toBe(422)
      expect((await browser.get('/admin')).status).toBe(302)
    })

    it('requests one password reset link', async () => {
      const person = await createTestUser(site)
      const path = '/account/password/forgot'
      const browser = site.browser()
      const [, form_id = ''] = /name="form_id" value="([^"]*)"/.exec((await browser.get(path)).text) ?? []
      const given = { person, browser, path, form: { username: person.email, form_id } }
      expect(alike(await send(given, browser))).toEqual(alike(await send(given, browser)))
      await send({ ...given, form: { ...given.form, form_id: '' } }, browser)
      const events = `select id from audit_events where user_id = $1 and event = 'password_reset_requested'`
      await expect.poll(async () => (await database.pool.query(events, [person.id])).rows.length).toBe(2)
    })

    it('has another form ID each time the page is shown, and none if a program left it out', async () => {
      const idOn = ({ text }: HttpResponse) => /name="form_id" value="([^"]*)"/.exec(text)?.[1]
      const pages = [await site.browser().get(login), await site.browser().get(login)].map(idOn)
      expect(new Set(pages).size).toBe(2)
      const wrong = { username: 'nobody@example.com', password: 'wrong' }
      expect(idOn(await site.browser().post(login, wrong))).toBeUndefined()
      const again = idOn(await site.browser().post(login, { ...wrong, form_id: pages[0] ?? '' }))
      expect(again).toMatch(/^[\w-]{22}$/)
      expect(pages).not.toContain(again)
    })
  })

  it('leaves nothing in the database that opens anything', async () => {
    const person = await createTestUser(site)
    const browser = site.browser()
    await browser.post(login, { username: person.email, password: person.password })
    const form = { otp_token: person.code(), trust_browser: 'on', next: '/admin/secret-place' }
    await browser.post(login, form)
    const { rows } = await database.pool.query('select * from repeated_forms')
    const kept = JSON.stringify(rows)
    expect(rows.length).toBeGreaterThan(0)
    for (const [, value] of browser.cookies) expect(kept).not.toContain(decodeURIComponent(value).slice(2, 20))
    expect(kept).not.toContain('secret-place')
  })
})
