import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { createOtpAdminSite } from '../../src/create-site.js'
import type { OutgoingMail } from '../../src/notify/gateways/mail-gateway.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { createTestUser } from '../support/site.js'
import { startHost } from './host.js'

test('all invalid options are reported at once, by name and without their values', async () => {
  const wrong: object = {
    config: { PORT: 'zzz', OTP_POLICY: 'zzz', DATABASE_URL: undefined },
    sequelize: { query: 'zzz' },
    mail: { deliver: 'zzz' },
    sms: {},
    users: { find: async () => null },
    on: { userVerrified: () => {} },
    views: 7,
    veiws: 'zzz',
    worker: 'zzz',
  }
  const rejected: unknown = await createOtpAdminSite(wrong).catch((error: unknown) => error)
  expect(rejected).toMatchObject({ code: 'options_refused', remedy: expect.stringMatching(/\S/) })
  const message = rejected instanceof Error ? rejected.message : ''
  expect(
    message
      .split('\n')
      .map((line) => line.split(' ')[0])
      .toSorted((one = '', other = '') => one.localeCompare(other)),
  ).toEqual(
    [
      'config.OTP_POLICY',
      'config.PORT',
      'mail',
      'on.userVerrified',
      'sequelize',
      'sms',
      'users',
      'veiws',
      'views',
      'worker',
    ].toSorted(),
  )
  expect(message).not.toContain('zzz')
})

test('a Sequelize instance with another dialect is rejected with a remedy', async () => {
  const sequelize = { getDialect: () => 'mysql', query: () => {} }
  const options: object = { sequelize }
  await expect(createOtpAdminSite(options)).rejects.toThrow(
    /sequelize must use PostgreSQL, but uses mysql\. .*DATABASE_URL or config\.DATA_DIR/,
  )
})

test.each([
  ['views', 'views_invalid', ''],
  ['views', 'views_invalid', 'auth/pasword.ejs'],
  ['locales', 'locales_invalid', ''],
  ['locales', 'locales_invalid', 'tlh/pages.json'],
  ['locales', 'locales_invalid', 'en/pagse.json'],
  ['locales', 'locales_invalid', 'en/pages.json'],
])('a wrong folder of %s is a clear error at the start (%s, "%s")', async (option, code, file) => {
  const folder = temporaryFolder()
  if (file) write(path.join(folder, file), '{ "password": 7')
  const options = { config: { DATA_DIR: temporaryFolder() }, [option]: file ? folder : path.join(folder, 'nowhere') }
  await expect(createOtpAdminSite(options)).rejects.toMatchObject({ code })
})

test('views, partials and texts of the same name are replaced, and all others stay', async () => {
  const views = temporaryFolder()
  const locales = temporaryFolder()
  write(
    path.join(views, 'auth/alert.ejs'),
    '<% if (alert) { %><p role="alert" data-code="<%= alert.code %>">OURS <%= alert.text %></p><% } %>',
  )
  write(
    path.join(views, 'auth/logout.ejs'),
    '<h1>Goodbye from <%= siteName %></h1><%- include("auth/own-part", { word: "<b>" }) %>',
  )
  write(path.join(views, 'auth/own-part.ejs'), '<p>part <%= word %></p>')
  write(path.join(locales, 'en/pages.json'), JSON.stringify({ password: { heading: 'Come in & welcome' } }))
  write(path.join(locales, 'de/errors.json'), JSON.stringify({ invalid_login: 'Das war nichts.' }))
  const host = await startHost({ views, locales, worker: false })
  const login = await host.browser().get('/account/login')
  expect(login.text).toContain('Come in &amp; welcome')
  const rejected = await host.browser().visit('/account/login', {
    method: 'POST',
    form: { username: 'nobody@example.com', password: 'wrong' },
    headers: { 'Accept-Language': 'de' },
  })
  expect(rejected.text).toContain('data-code="invalid_login">OURS Das war nichts.')
  expect(rejected.text).toContain('Passwort')
  const logout = await host.browser().get('/account/logout')
  expect(logout.text).toContain('Goodbye from OTP Admin')
  expect(logout.text).toContain('part &lt;b&gt;')
  await host.close()
})

test('emails are sent through the passed gateway, which is closed with the site', async () => {
  const sent: OutgoingMail[] = []
  let closed = 0
  const mail = {
    async send(message: OutgoingMail) {
      sent.push(message)
    },
    close() {
      closed += 1
    },
  }
  const host = await startHost({ mail })
  const person = await createTestUser(host, { backupTokens: 1 })
  await host.browser().post('/account/login', {
    username: person.email,
    password: person.password,
    otp_token: person.backupTokens[0] ?? '',
  })
  await vi.waitFor(() => expect(sent.map(({ to }) => to.address)).toContain(person.email), { timeout: 100_000 })
  await Promise.all([host.close(), host.site.close()])
  expect(closed).toBe(1)
})

test('a passed SMS gateway offers phones as a method, in production too', async () => {
  const sms = { sendText: async () => ({ ok: true }) as const, call: async () => ({ ok: true }) as const }
  const host = await startHost({ sms, worker: false, config: { NODE_ENV: 'production' } })
  expect(host.otp.kinds.map(({ name }) => name)).toContain('phone')
  await host.close()
})

test('a handler that throws inside a transaction undoes it, and one that throws afterwards is only logged', async () => {
  let veto = true
  const heard: string[] = []
  const host = await startHost({
    worker: false,
    on: {
      userVerified: ({ device }) => {
        heard.push(device.kind)
        if (veto) throw new Error('not on a Sunday')
      },
      signedIn: () => {
        throw new Error('the listener is down')
      },
    },
  })
  const person = await createTestUser(host, { backupTokens: 1 })
  const form = { username: person.email, password: person.password, otp_token: person.backupTokens[0] ?? '' }
  const browser = host.browser()
  const answer = await browser.post('/account/login', form)
  expect([answer.status, answer.text.includes('Sunday')]).toEqual([500, false])
  expect((await browser.get('/admin')).status).toBe(302)
  veto = false
  expect((await browser.post('/account/login', form)).status).toBe(303)
  expect((await browser.get('/admin')).status).toBe(200)
  expect(heard).toEqual(['static', 'static'])
  expect(host.log.join('')).toContain('the listener is down')
  await host.close()
})

function write(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
}
