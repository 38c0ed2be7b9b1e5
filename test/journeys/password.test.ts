import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { startJourney } from '../support/journey.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const forgot = '/account/password/forgot'
const fresh = 'four words make one'

describe('a forgotten password', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney()
    database = site.database
  })
  afterAll(() => site.close())
  const resetMails = async (person: TestUser) =>
    (await queuedEmailsTo(database, person.email)).flatMap((mail) => (mail.mail === 'password-reset' ? [mail] : []))
  /** The response is sent before the email is made, so this waits for the email. */
  const askFor = async (person: TestUser, typed = person.email) => {
    const before = (await resetMails(person)).length
    await site.browser().post(forgot, { username: typed })
    await expect.poll(async () => (await resetMails(person)).length, { timeout: 60_000 }).toBe(before + 1)
    const mail = (await resetMails(person)).at(-1)
    return new URL(mail?.link ?? '').pathname
  }

  it('is linked from the sign-in page', async () => {
    expect((await site.browser().get('/account/login')).text).toContain(`href="${forgot}"`)
    expect((await site.browser().get(forgot)).text).toContain('name="username"')
  })

  it('gets the same response for every address, and an email only for an existing account', async () => {
    const person = await createTestUser(site)
    const inactive = await createTestUser(site, { active: false })
    const answers = []
    for (const username of ['nobody@example.com', inactive.email, person.email, 'no address at all', '']) {
      const browser = site.browser()
      const answer = await browser.post(forgot, { username })
      const page = await browser.get(answer.location ?? '')
      const { date: _, 'x-request-id': __, 'content-security-policy': ___, ...headers } = answer.headers
      answers.push(JSON.stringify([answer.status, headers, answer.text, page.status, page.text, [...browser.cookies]]))
    }
    expect(new Set(answers).size).toBe(1)
    await expect.poll(async () => (await resetMails(person)).length, { timeout: 60_000 }).toBe(1)
    expect(await queuedEmailsTo(database, inactive.email)).toEqual([])
    expect(await queuedEmailsTo(database, 'nobody@example.com')).toEqual([])
    expect((await database.pool.query('select from one_time_links where user_id = $1', [inactive.id])).rowCount).toBe(0)
  })

  it('sets a new password, ends every session, and still asks for the second factor', async () => {
    const person = await createTestUser(site)
    const before = await signIn(site, person)
    const link = await askFor(person, ` ${person.email.toUpperCase()}`)
    const browser = site.browser()
    expect((await browser.get(link)).text).toContain('autocomplete="new-password"')
    const done = await browser.post(link, { password: fresh })
    expect(done.status).toBe(303)
    expect(done.location).toMatch(/^\/account\/login/)
    expect((await browser.get(done.location ?? '')).text).toContain('role="status"')
    expect(browser.cookies.size).toBe(0)
    expect((await before.get('/admin')).status).toBe(302)
    const form = { username: person.email }
    expect((await browser.post('/account/login', { ...form, password: person.password })).code).toBe('invalid_login')
    const pending = await browser.post('/account/login', { ...form, password: fresh })
    expect(pending).toMatchObject({ status: 303, location: '/account/login' })
    expect((await browser.get('/admin')).status).toBe(302)
    site.clock.advance(30)
    expect((await browser.post('/account/login', { otp_token: person.code() })).location).toBe('/admin')
  })

  it('notifies the owner that the password has changed, and records it', async () => {
    const person = await createTestUser(site)
    await site.browser().post(await askFor(person), { password: fresh })
    expect(await queuedEmailsTo(database, person.email)).toContainEqual(
      expect.objectContaining({ mail: 'password-changed', address: '127.0.0.1' }),
    )
    const { rows } = await database.pool.query('select event from audit_events where user_id = $1 order by id', [
      person.id,
    ])
    expect(rows).toEqual([{ event: 'password_reset_requested' }, { event: 'password_changed' }])
  })

  it('is reset once by one link, and by no other link that was requested', async () => {
    const person = await createTestUser(site)
    const links = [await askFor(person), await askFor(person)] as const
    const two = ['One/1', 'Other/1'].map((name) => site.browser(name).post(links[1], { password: fresh }))
    const answers = await Promise.all(two)
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.filter(({ code }) => code === 'link_invalid')).toHaveLength(1)
    for (const link of links) {
      expect(await site.browser().get(link)).toMatchObject({ status: 404, code: 'link_invalid' })
      expect(await site.browser().post(link, { password: 'another good one' })).toMatchObject({ code: 'link_invalid' })
    }
  })

  it('is not reset by opening the link, after 30 minutes, or once the sessions were ended', async () => {
    const person = await createTestUser(site)
    const link = await askFor(person)
    site.clock.advance(1799)
    await site.browser().get(link)
    expect((await site.browser().get(link)).status).toBe(200)
    site.clock.advance(1)
    expect(await site.browser().post(link, { password: fresh })).toMatchObject({ status: 404, code: 'link_invalid' })
    const other = await askFor(person)
    await database.models.User.increment('auth_epoch', { where: { id: person.id } })
    expect((await site.browser().get(other)).status).toBe(404)
  })

  it.each([
    ['seven77', 'password_too_short'],
    ['', 'password_too_short'],
    ['pässwör', 'password_too_short'],
    ['x'.repeat(1025), 'password_too_long'],
    ['OTP Admin', 'password_too_close'],
    ['Password1', 'password_too_common'],
    ['iloveyou', 'password_too_common'],
  ])('does not accept %j as the new one, and leaves the link valid', async (password, code) => {
    const person = await createTestUser(site)
    const link = await askFor(person)
    expect(await site.browser().post(link, { password })).toMatchObject({ status: 422, code })
    expect((await site.browser().get(link)).status).toBe(200)
  })

  it('does not accept the email address as the new one, whole or its first part', async () => {
    const person = await createTestUser(site)
    const link = await askFor(person)
    for (const password of [person.email, person.email.split('@')[0] ?? ''])
      expect((await site.browser().post(link, { password })).code).toBe('password_too_close')
  })

  it('accepts eight characters and a thousand, of any kind', async () => {
    for (const password of ['kwb xz q', 'å'.repeat(1024)]) {
      const person = await createTestUser(site)
      expect((await site.browser().post(await askFor(person), { password })).status).toBe(303)
      const answer = await site.browser().post('/account/login', { username: person.email, password })
      expect(answer.status).toBe(303)
    }
  })

  it('limits the requests for each account, known or not', async () => {
    const person = await createTestUser(site)
    for (const username of [person.email, 'nobody.knows@example.com']) {
      for (let tries = 0; tries < 5; tries += 1)
        expect((await site.browser().post(forgot, { username })).status).toBe(303)
      const refused = await site.browser().post(forgot, { username: username.toUpperCase() })
      expect(refused).toMatchObject({ status: 429, code: 'too_many_requests' })
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3000)
    }
    expect((await site.browser().post(forgot, { username: 'somebody.else@example.com' })).status).toBe(303)
  })

  it('logs neither address nor token, and stores only hashes of both in the database', async () => {
    const person = await createTestUser(site)
    const link = await askFor(person)
    const token = link.split('/').at(-1) ?? ''
    const answer = await site.browser().get(link)
    expect(answer.headers['referrer-policy']).toBe('no-referrer, strict-origin')
    await site.browser().post(link, { password: fresh })
    const rows = []
    for (const table of ['one_time_links', 'audit_events', 'rate_limits', 'graphile_worker._private_jobs'])
      rows.push((await database.pool.query(`select * from ${table}`)).rows)
    const written = JSON.stringify(rows) + site.log.join('')
    for (const secret of [token, fresh, person.email]) expect(written.includes(secret)).toBe(false)
    expect(site.log.join('')).toContain('/account/password/reset/:token')
  })
})

it('limits the requests of one network', async () => {
  const database = await openTestDatabase()
  const site = await startTestSite(database, { LOGIN_ADDRESS_LIMIT: '3' })
  const statuses = []
  for (const name of ['a', 'b', 'c', 'd'])
    statuses.push((await site.browser().post(forgot, { username: `${name}@example.com` })).status)
  expect(statuses).toEqual([303, 303, 303, 429])
  await site.close()
  await database.close()
})
