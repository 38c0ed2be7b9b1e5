import { hash } from '@node-rs/argon2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { openTestDatabase } from '../support/database.js'
import { queuedEmailsTo } from '../support/queued-emails.js'
import { createTestUser, type TestUser, signIn, startTestSite, type TestSite } from '../support/site.js'

const login = '/account/login'
const composed = 'Z\u00fcrich-Caf\u00e9-2026'
const decomposed = composed.normalize('NFD')

describe('text that people type', () => {
  let database: Database
  let site: TestSite
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database)
  })
  afterAll(async () => {
    await site.close()
    await database.close()
  })

  const passwordOf = async ({ id }: TestUser) => (await database.models.User.findByPk(id))?.password_hash ?? ''
  const withHash = async (hashed: string) => {
    const person = await createTestUser(site, { app: false })
    await database.models.User.update({ password_hash: hashed }, { where: { id: person.id } })
    return person
  }
  const enter = async ({ email }: TestUser, password: string) =>
    (await site.browser().post(login, { username: email, password })).status

  describe('a password', () => {
    it('signs in with any Unicode composition of its characters', async () => {
      const person = await withHash(await hash(composed))
      expect(await enter(person, decomposed)).toBe(303)
      expect(await enter(person, composed)).toBe(303)
    })

    it('signs in once as typed if its hash was made before normalisation, then in any form', async () => {
      const person = await withHash(await hash(decomposed))
      expect(await enter(person, composed)).toBe(422)
      const before = await passwordOf(person)
      expect(await enter(person, decomposed)).toBe(303)
      expect(await passwordOf(person)).not.toBe(before)
      expect(await enter(person, composed)).toBe(303)
      expect(await enter(person, decomposed)).toBe(303)
    })

    it('differs from one that only looks the same', async () => {
      const person = await withHash(await hash('ﬁle-2026-ａ'.normalize('NFC')))
      expect(await enter(person, 'file-2026-a')).toBe(422)
      expect(await enter(person, 'ﬁle-2026-ａ')).toBe(303)
    })

    it('is normalised when it is changed, and its length is that of the normalised form', async () => {
      const person = await createTestUser(site)
      const browser = await signIn(site, person)
      const change = (new_password: string) =>
        browser.post('/account/password/change', { password: person.password, new_password })
      // Seven characters, which become eleven when they are decomposed.
      expect(await change('\u00fc\u00e9\u00e0\u00f1abc'.normalize('NFD'))).toMatchObject({ code: 'password_too_short' })
      expect(await change(decomposed)).toMatchObject({ status: 303 })
      expect(await enter(person, composed)).toBe(303)
    })
  })

  it('signs in with an email address as programs copy it', async () => {
    const person = await createTestUser(site, { app: false })
    for (const username of [
      ` ${person.email}\u200b`,
      `mailto:${person.email}`,
      `Ada <${person.email.toUpperCase()}>`,
      person.email.replace('@', '＠').replaceAll('e', 'ｅ'),
      `\u202a${person.email}\u202c.`,
    ])
      expect([username, await enter({ ...person, email: username }, person.password)]).toEqual([username, 303])
  })

  it.each([
    ['josé@example.com', 'josé@example.com'],
    ['ada@localhost', 'ada@localhost'],
    ["o'hara+otp@example.com", "o'hara+otp@example.com"],
    ['Ada@Zürich.example', 'ada@xn--zrich-kva.example'],
    ['Ada Lovelace <Ada.Lovelace@Example.com>', 'ada.lovelace@example.com'],
    ['“ada.quoted@example.com”.', 'ada.quoted@example.com'],
  ])('accepts %s as an email address in every form, as %s', async (typed, email) => {
    const changing = await createTestUser(site, { app: false, staff: false })
    const browser = await signIn(site, changing)
    const form = { email: typed, password: changing.password }
    expect(await browser.post('/account/email', form)).toMatchObject({ status: 303 })
    expect((await queuedEmailsTo(database, email)).map(({ mail }) => mail)).toContain('email-confirmation')
    await database.models.User.update({ email }, { where: { id: changing.id } })
    expect(await enter({ ...changing, email: typed }, changing.password)).toBe(303)
    const forgot = await site.browser().post('/account/password/forgot', { username: typed })
    expect(forgot).toMatchObject({ status: 303 })
  })

  it.each([
    'ada',
    'ada@',
    '"ada lovelace"@example.com',
    'ada@127.0.0.1',
    'a..b@example.com',
    'a@b@example.com',
    'ada@exa_mple.com',
  ])('accepts %s as an email address nowhere', async (typed) => {
    const person = await createTestUser(site, { app: false, staff: false })
    const browser = await signIn(site, person)
    const answer = await browser.post('/account/email', { email: typed, password: person.password })
    expect(answer).toMatchObject({ status: 422, code: 'email_invalid' })
  })

  it('accepts a code as programs copy it', async () => {
    const person = await createTestUser(site)
    for (const look of [
      (code: string) => code.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      (code: string) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`,
      (code: string) => `${code}\t`,
      (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`,
      (code: string) => `\u2068${code}\u2069`,
    ]) {
      site.clock.advance(30)
      const browser = site.browser()
      await browser.post(login, { username: person.email, password: person.password })
      expect(await browser.post(login, { otp_token: look(person.code()) })).toMatchObject({ status: 303 })
    }
  })

  it('shows nothing of the name that an unknown browser sends', async () => {
    const person = await createTestUser(site)
    const agent = 'Your account is suspended: confirm at https://evil.example/now'
    const browser = site.browser(agent)
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await browser.post(login, { username: person.email, password: person.password })
      await browser.post(login, { otp_token: '000000' })
      site.clock.advance(30)
    }
    const mails = await queuedEmailsTo(database, person.email)
    expect(mails.length).toBeGreaterThan(0)
    expect(JSON.stringify(mails)).not.toMatch(/suspended|evil/)
    site.clock.advance(3600)
    const own = await signIn(site, person)
    expect((await own.get('/account/two-factor')).text).not.toMatch(/suspended|evil/)
  })

  it('names an unknown browser in the language of the page', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person, site.browser('curl/8'))
    const { text } = await browser.visit('/account/two-factor', { headers: { 'accept-language': 'de' } })
    expect(text).toMatch(/Von 127\.0\.0\.1, Unbekannter Browser/)
    expect(text).not.toContain('unknown browser')
  })

  it('isolates the text direction of names on every page that shows them', async () => {
    const person = await createTestUser(site, { staff: false, name: 'דנה', backupTokens: 1 })
    const devices = '/account/two-factor/devices'
    const renamed = person.app?.persistentId ?? ''
    const browser = await signIn(site, person)
    const name = 'הטלפון 7'
    expect(await browser.post(`${devices}/${renamed}/rename`, { name })).toMatchObject({ status: 303 })
    const pending = site.browser()
    await pending.post(login, { username: person.email, password: person.password })
    const pages = [
      await browser.get('/account/two-factor'),
      await browser.get(`${devices}/${renamed}/remove`),
      await browser.get('/account/verify'),
      await pending.get(login),
    ]
    expect(pages.filter(({ text }) => text.includes(name)).length).toBeGreaterThan(1)
    for (const { text } of pages) {
      // A heading has its own direction.
      const others = text
        .replace(/<h3>[^<]*<\/h3>/gu, '')
        .replace(/<bdi>[^<]*<\/bdi>|\u2068[^\u2069]*\u2069/gu, '')
        .replace(/ value="[^"]*"/g, '')
      expect(others).not.toContain(name)
    }
  })

  it('marks for password managers whose new password it is', async () => {
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    await site.browser().post('/account/password/forgot', { username: `${person.email} ` })
    await expect
      .poll(async () => (await queuedEmailsTo(database, person.email)).length, { timeout: 60_000 })
      .toBeGreaterThan(0)
    const links = (await queuedEmailsTo(database, person.email)).flatMap((mail) =>
      mail.mail === 'password-reset' ? [new URL(mail.link).pathname] : [],
    )
    expect(links).toHaveLength(1)
    for (const page of ['/account/password/change', ...links]) {
      const { text } = await browser.get(page)
      const form = text.split('<form').find((part) => part.includes('autocomplete="new-password"')) ?? ''
      const field = /<input [^>]*autocomplete="username"[^>]*>/.exec(form)?.[0]
      expect(field).toContain(`value="${person.email}"`)
      expect(field).toContain('type="text"')
    }
  })
})
