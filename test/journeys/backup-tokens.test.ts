import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { HttpResponse } from '../support/http-browser.js'
import { databaseKinds } from '../support/database.js'
import { startJourney } from '../support/journey.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, type TestSite } from '../support/site.js'

const page = '/account/two-factor/backup-tokens'

describe.each(databaseKinds())('backup tokens, on the %s database', (where) => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    site = await startJourney(where)
    database = site.database
  })
  afterAll(() => site.close())
  const tokensOn = (answer: HttpResponse) =>
    [...answer.text.matchAll(/<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})<\/code>/g)].map((hit) => hit[1] ?? '')
  const tokenLogin = (person: TestUser, token: string) =>
    site
      .browser()
      .post('/account/login', { username: person.email, password: person.password, otp_token: token })
      .then(({ status }) => status)
  const countOf = async ({ id }: TestUser) =>
    (
      await database.pool.query(
        `select count(distinct d.id)::int as sets, count(t.id)::int as tokens from static_devices d
          left join static_tokens t on t.device_id = d.id where d.user_id = $1`,
        [id],
      )
    ).rows[0]

  it('shows how many are left, and not the tokens', async () => {
    const person = await createTestUser(site, { backupTokens: 3 })
    const browser = await signIn(site, person)
    const answer = await browser.get(page)
    expect(answer.text).toContain('3 backup tokens left')
    for (const token of person.backupTokens) expect(answer.text).not.toContain(token)
  })

  it('generates ten, shows them once, and revokes the old ones at once', async () => {
    const person = await createTestUser(site, { backupTokens: 2 })
    const browser = await signIn(site, person)
    const made = await browser.post(page)
    expect(made).toMatchObject({ status: 303, location: page })
    expect(await tokenLogin(person, person.backupTokens[0] ?? '')).toBe(422)
    site.clock.advance(1)
    const tokens = tokensOn(await browser.get(page))
    expect(new Set(tokens).size).toBe(10)
    expect(tokensOn(await browser.get(page))).toEqual([])
    for (const token of tokens) expect(await tokenLogin(person, token)).toBe(303)
    expect(await countOf(person)).toEqual({ sets: 1, tokens: 0 })
  })

  it('offers a text file without a server, and each token in its own element', async () => {
    const browser = await signIn(site, await createTestUser(site))
    await browser.post(page)
    const answer = await browser.get(page)
    const href = /download="backup-tokens.txt" href="data:text\/plain;charset=utf-8,([^"]+)"/.exec(answer.text)?.[1]
    const file = decodeURIComponent(href ?? '')
    for (const token of tokensOn(answer)) expect(file.split('\r\n')).toContain(token)
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('leaves exactly one set of ten after concurrent requests', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const answers = await Promise.all(Array.from({ length: 10 }, () => browser.post(page)))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(303))
    expect(await countOf(person)).toEqual({ sets: 1, tokens: 10 })
  })

  it('does not show tokens that are no longer the newest', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await browser.post(page)
    const stale = browser.cookies.get('otp_tokens') ?? ''
    await browser.post(page)
    browser.cookies.set('otp_tokens', stale)
    expect(tokensOn(await browser.get(page))).toEqual([])
  })

  it('carries the tokens from the form to the page encrypted, for ten minutes and one session', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const made = await browser.post(page)
    const carried = browser.cookies.get('otp_tokens') ?? ''
    expect(String(made.headers['set-cookie'])).toMatch(/otp_tokens=.*; Max-Age=600;.*; HttpOnly; SameSite=Lax/)
    const other = await signIn(site, person)
    other.cookies.set('otp_tokens', carried)
    expect(tokensOn(await other.get(page))).toEqual([])
    other.cookies.set('otp_tokens', 'v1.garbage')
    expect((await other.get(page)).status).toBe(200)
    expect(tokensOn(await browser.get(page)).every((token) => !carried.includes(token))).toBe(true)
    browser.cookies.set('otp_tokens', carried)
    site.clock.advance(601)
    await browser.post('/account/verify', { otp_token: person.code() })
    expect(tokensOn(await browser.get(page))).toEqual([])
  })

  it('sends an email and records an event, without the tokens', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await browser.post(page)
    const tokens = tokensOn(await browser.get(page))
    const mails = (await queuedEmailsTo(database, person.email)).filter(({ mail }) => mail === 'backup-tokens-made')
    expect(mails).toMatchObject([{ by: 'owner', left: 10, address: '127.0.0.1', browser: 'Firefox 139 on Linux' }])
    const events = await database.pool.query('select * from audit_events where user_id = $1', [person.id])
    expect(events.rows.map(({ event }) => event)).toContain('backup_tokens_made')
    const sessions = await database.pool.query('select sess from sessions')
    const written = JSON.stringify([mails, events.rows, sessions.rows, site.log])
    for (const token of tokens) expect(written.includes(token)).toBe(false)
  })

  it('requires a device that verified within five minutes, for GET and POST', async () => {
    const stranger = site.browser()
    const withoutDevice = await signIn(site, await createTestUser(site, { app: false, staff: false }))
    const stale = await signIn(site, await createTestUser(site))
    site.clock.advance(301)
    for (const visit of [{ method: 'GET' }, { method: 'HEAD' }, { method: 'POST', form: {} }]) {
      for (const browser of [stranger, withoutDevice])
        expect((await browser.visit(page, visit)).location).toBe(`/account/login?next=${encodeURIComponent(page)}`)
      expect((await stale.visit(page, visit)).location).toBe(`/account/verify?next=${encodeURIComponent(page)}`)
    }
    expect((await stale.visit(page, { method: 'PUT' })).status).toBe(405)
  })

  it('keeps a session verified that one of the old tokens had verified', async () => {
    const person = await createTestUser(site, { app: false, backupTokens: 2 })
    const browser = site.browser()
    const [token = ''] = person.backupTokens
    await browser.post('/account/login', { username: person.email, password: person.password, otp_token: token })
    expect((await browser.post(page)).status).toBe(303)
    expect(tokensOn(await browser.get(page))).toHaveLength(10)
    expect((await browser.get('/admin')).status).toBe(200)
  })
})
