import { rmSync, writeFileSync } from 'node:fs'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInvitation } from '../../src/auth/links/create-invitation.js'
import type { Database } from '../../src/db/connect.js'
import { noClient } from '../../src/client-info.js'
import { asApiClient, openHostSite } from '../auth/host-site.js'
import { appCode } from '../support/authenticator.js'
import type { HttpResponse, HttpBrowser } from '../support/http-browser.js'
import { openTestDatabase } from '../support/database.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const setup = '/account/two-factor/setup'

async function enrol(site: TestSite, browser: HttpBrowser): Promise<HttpResponse> {
  await browser.post(setup, { method: 'totp' })
  const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec((await browser.get(setup)).text)?.[1] ?? ''
  return browser.post(setup, { otp_token: appCode(secret, site.clock.now()) })
}

describe('an invitation', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_ENROLMENT: 'invite' })
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })
  const invite = async ({ id }: TestUser) => {
    const made = await database.sequelize.transaction((transaction) =>
      createInvitation(site.otp, transaction, { userId: id, actorId: null, client: noClient }, site.baseUrl),
    )
    return new URL(made.link).pathname
  }
  const withoutPassword = async () => {
    const person = await createTestUser(site, { app: false })
    await database.models.User.update({ password_hash: null }, { where: { id: person.id } })
    return person
  }

  it('marks for password managers whether a password is new or current', async () => {
    for (const [person, autocomplete] of [
      [await withoutPassword(), 'new-password'],
      [await createTestUser(site, { app: false }), 'current-password'],
    ] as const) {
      const link = await invite(person)
      const browser = site.browser()
      // Also if the form comes back with an error.
      for (const { text } of [await browser.get(link), await browser.post(link, { password: 'short' })]) {
        const form = text.split('<form').find((part) => part.includes(`autocomplete="${autocomplete}"`)) ?? ''
        const field = /<input [^>]*autocomplete="username"[^>]*>/.exec(form)?.[0]
        expect(field).toContain(`value="${person.email}"`)
        expect(field).toContain('type="text"')
      }
    }
  })

  it('takes a user with a password through the password and the setup into the panel', async () => {
    const person = await createTestUser(site, { app: false })
    const link = await invite(person)
    const browser = site.browser()
    const page = await browser.get(link)
    expect(page.status).toBe(200)
    expect(page.text).toContain('autocomplete="current-password"')
    expect(await browser.post(link, { password: person.password })).toMatchObject({ status: 303, location: setup })
    expect((await enrol(site, browser)).location).toBe(`${setup}/complete`)
    expect((await browser.get('/admin')).status).toBe(200)
    expect((await browser.get('/account/two-factor')).status).toBe(200)
  })

  it('asks for the existing password, and is not consumed by an incorrect one', async () => {
    const person = await createTestUser(site, { app: false })
    const link = await invite(person)
    const browser = site.browser()
    expect(await browser.post(link, {})).toMatchObject({ status: 422, code: 'invalid_login' })
    expect(await browser.post(link, { password: 'wrong' })).toMatchObject({ status: 422, code: 'invalid_login' })
    expect(browser.cookies.size).toBe(0)
    expect((await browser.post(link, { password: person.password })).status).toBe(303)
  })

  it('lets a user without a password choose the first one', async () => {
    const person = await withoutPassword()
    const link = await invite(person)
    const browser = site.browser()
    expect((await browser.get(link)).text).toContain('autocomplete="new-password"')
    expect(await browser.post(link, { password: 'short' })).toMatchObject({ status: 422, code: 'password_too_short' })
    expect((await browser.post(link, { password: 'four words make one' })).location).toBe(setup)
    expect((await enrol(site, browser)).status).toBe(303)
    const later = await site
      .browser()
      .post('/account/login', { username: person.email, password: 'four words make one' })
    expect(later).toMatchObject({ status: 303, location: '/account/login' })
  })

  it('opens the setup and nothing else', async () => {
    const person = await createTestUser(site, { app: false, staff: false })
    const link = await invite(person)
    const browser = site.browser()
    await browser.post(link, { password: person.password })
    for (const path of ['/account/two-factor', '/account/two-factor/sessions', '/account/two-factor/disable'])
      expect(await browser.get(path)).toMatchObject({ status: 302, location: setup })
    expect((await browser.get('/account/two-factor/backup-tokens')).location).toBe(setup)
    expect((await browser.post('/account/two-factor/sessions')).location).toBe(setup)
    expect((await browser.get('/admin')).status).toBe(302)
    expect((await browser.get('/admin/api/resources/users/actions/list')).status).toBe(403)
    expect((await browser.get(setup)).status).toBe(200)
    expect((await browser.post('/account/logout')).status).toBe(303)
  })

  it('works once: one of two concurrent requests gets in, and the page is gone afterwards', async () => {
    for (const person of [await createTestUser(site, { app: false }), await withoutPassword()]) {
      const link = await invite(person)
      const password = 'correct horse battery'
      const answers = await Promise.all(['One/1', 'Other/1'].map((name) => site.browser(name).post(link, { password })))
      expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
      expect(answers.filter(({ code }) => code === 'link_invalid')).toHaveLength(1)
      expect(await site.browser().get(link)).toMatchObject({ status: 404, code: 'link_invalid' })
      expect(await site.browser('Third/1').post(link, { password })).toMatchObject({
        status: 404,
        code: 'link_invalid',
      })
    }
  })

  it('is not consumed by opening it', async () => {
    const person = await createTestUser(site, { app: false })
    const link = await invite(person)
    await site.browser().get(link)
    await site.browser().visit(link, { method: 'HEAD' })
    expect((await site.browser().post(link, { password: person.password })).status).toBe(303)
  })

  it('expires after 24 hours, with the next one, and when the user is deactivated', async () => {
    const person = await createTestUser(site, { app: false })
    const old = await invite(person)
    site.clock.advance(24 * 3600 - 1)
    expect((await site.browser().get(old)).status).toBe(200)
    site.clock.advance(1)
    expect((await site.browser().get(old)).status).toBe(404)
    const replaced = await invite(person)
    const newest = await invite(person)
    expect((await site.browser().get(replaced)).status).toBe(404)
    expect((await site.browser().get(newest)).status).toBe(200)
    await database.models.User.update({ is_active: false }, { where: { id: person.id } })
    expect((await site.browser().get(newest)).status).toBe(404)
  })

  it('requires the device of a user who has one', async () => {
    const person = await createTestUser(site)
    const link = await invite(person)
    const browser = site.browser()
    const login = `/account/login?next=${encodeURIComponent(setup)}`
    expect(await browser.post(link, { password: person.password })).toMatchObject({ status: 303, location: login })
    expect((await browser.get(setup)).location).toBe(login)
    expect((await browser.post(setup, { method: 'totp' })).status).toBe(302)
    expect((await browser.get(login)).text).toContain('name="otp_token"')
    site.clock.advance(30)
    expect((await browser.post('/account/login', { otp_token: person.code(), next: setup })).location).toBe(setup)
    expect((await browser.get(setup)).status).toBe(200)
  })

  it('signs out the user who was signed in in this browser', async () => {
    const browser = await signIn(site, await createTestUser(site))
    const person = await createTestUser(site, { app: false })
    await browser.post(await invite(person), { password: person.password })
    expect((await browser.get('/admin')).status).toBe(302)
    expect((await browser.get(setup)).text).toContain(person.email)
  })

  it('is stored as a hash, never logged, and not passed on as a referrer', async () => {
    const person = await createTestUser(site, { app: false })
    const link = await invite(person)
    const token = link.split('/').at(-1) ?? ''
    const answer = await site.browser().get(link)
    expect(answer.headers['referrer-policy']).toBe('no-referrer, strict-origin')
    expect(answer.text).not.toContain(token)
    for (const path of [link, link.toUpperCase(), `/${link}`, `${link}/`, `/account/invitation//${token}`])
      await site.browser().get(path)
    await site.browser().post(link, { password: person.password })
    const rows = []
    for (const table of ['one_time_links', 'audit_events', 'sessions'])
      rows.push((await database.pool.query(`select * from ${table}`)).rows)
    const written = JSON.stringify(rows) + site.log.join('')
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(written.toLowerCase().includes(token.toLowerCase())).toBe(false)
    expect(site.log.join('')).toContain('/account/invitation/:token')
  })

  it('is recorded when it is made and when it is used', async () => {
    const person = await createTestUser(site, { app: false })
    await site.browser().post(await invite(person), { password: person.password })
    const { rows } = await database.pool.query('select event from audit_events where user_id = $1 order by id', [
      person.id,
    ])
    expect(rows).toEqual([{ event: 'invitation_made' }, { event: 'invitation_used' }])
  })

  it('answers an unknown token like an expired one, and accepts no other method', async () => {
    for (const token of ['x', 'A'.repeat(43), '%00', `${'A'.repeat(42)}%2F`])
      expect((await site.browser().get(`/account/invitation/${token}`)).status).toBeGreaterThanOrEqual(400)
    expect(await site.browser().get(`/account/invitation/${'A'.repeat(43)}`)).toMatchObject({ code: 'link_invalid' })
    const put = await site.browser().visit(`/account/invitation/${'A'.repeat(43)}`, { method: 'PUT' })
    expect(put).toMatchObject({ status: 405 })
    expect(put.headers.allow).toBe('GET, HEAD, POST')
  })
})

describe('an invitation in a host application', () => {
  const folder = temporaryFolder()
  let site: TestSite
  beforeAll(async () => {
    writeFileSync(`${folder}/report.html`, 'Reports')
    site = await openHostSite(
      (host) => {
        host.all('/reports', (req, res) => void res.send(`Reports for ${req.auth.level}`))
        host.use(express.static(folder))
      },
      { OTP_POLICY: 'off' },
    )
  })
  afterAll(async () => {
    await site.close()
    rmSync(folder, { recursive: true })
  })

  /** A user who has entered the password on the page of an invitation. */
  const arrive = async (person: TestUser) => {
    const { database } = site
    const { link } = await database.sequelize.transaction((transaction) =>
      createInvitation(site.otp, transaction, { userId: person.id, actorId: null, client: noClient }, site.baseUrl),
    )
    const browser = site.browser()
    await browser.post(new URL(link).pathname, { password: person.password })
    return browser
  }

  it("does not open the host's routes either, until a device is set up", async () => {
    const browser = await arrive(await createTestUser(site, { app: false }))
    for (const address of ['/reports', '/report.html', '/account/login/..%2f..%2freport.html', '/nowhere'])
      expect(await browser.get(address)).toMatchObject({ status: 302, location: setup })
    expect(await browser.post('/reports')).toMatchObject({ status: 302, location: setup })
    const program = await asApiClient(browser).get('/reports')
    expect(program.status).toBe(403)
    expect(JSON.parse(program.text).error).toMatchObject({ code: 'enrolment_required', enrolmentUrl: setup })
    await enrol(site, browser)
    expect((await browser.get('/reports')).text).toBe('Reports for verified')
  })

  it('signs in a user who has a device only with that device', async () => {
    const person = await createTestUser(site)
    const browser = await arrive(person)
    expect((await browser.get('/reports')).text).toBe('Reports for anonymous')
    await browser.post('/account/login', { otp_token: person.code() })
    expect((await browser.get('/reports')).text).toBe('Reports for verified')
  })
})
