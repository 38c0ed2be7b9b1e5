import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import { type DeliveringSite, startDeliveringJourney } from '../support/journey.js'
import { createTestUser, type TestUser, signIn } from '../support/site.js'
import { type SmtpServer } from '../support/smtp-server.js'

describe('a used backup token', () => {
  let database: Database
  let site: DeliveringSite
  let smtp: SmtpServer
  beforeAll(async () => {
    site = await startDeliveringJourney()
    database = site.database
    smtp = site.smtp
  })
  afterAll(() => site.close())
  const useBackupToken = async (person: TestUser, browser = site.browser()) => {
    await browser.post('/account/login', { username: person.email, password: person.password })
    const form = { otp_device: person.backup?.persistentId ?? '', otp_token: person.backupTokens.pop() ?? '' }
    expect((await browser.post('/account/login', form)).status).toBe(303)
  }

  it('notifies the owner, under any device name', async () => {
    const person = await createTestUser(site, { backupTokens: 3 })
    await database.pool.query(`update static_devices set name = 'default' where user_id = $1`, [person.id])
    site.clock.set('2026-03-01T23:59:30Z')
    const arrival = smtp.arrival(person.email)
    await useBackupToken(person)
    const mail = await arrival
    for (const body of [mail.text ?? '', String(mail.html)]) {
      expect(body).toContain('2026-03-01 23:59 UTC')
      expect(body).toContain('127.0.0.1')
      expect(body).toContain('Firefox 139 on Linux')
      expect(body).toMatch(/tokens left(<[^>]+>|\W)*2\b/)
      expect(body).toContain(`${site.baseUrl}/account/two-factor/sessions`)
    }
  })

  it('sends no email for an authenticator app or for a rejected token', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    await signIn(site, person)
    await site
      .browser()
      .post('/account/login', { username: person.email, password: person.password, otp_token: 'AAAA-AAAA-AAAA-AAAA' })
    site.clock.advance(60)
    const arrival = smtp.arrival(person.email)
    await useBackupToken(person)
    await arrival
    expect(smtp.seen.filter((mail) => JSON.stringify(mail.to).includes(person.email))).toHaveLength(1)
  })

  it('adds an event to the audit log, with the client info', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    await useBackupToken(person)
    const { rows } = await database.pool.query(
      'select event, device, address, browser from audit_events where user_id = $1',
      [person.id],
    )
    expect(rows).toEqual([
      {
        event: 'backup_token_used',
        device: person.backup?.persistentId,
        address: '127.0.0.1',
        browser: 'Firefox 139 on Linux',
      },
    ])
  })

  it('links to a page that ends all sessions, after a sign-in', async () => {
    const person = await createTestUser(site, { backupTokens: 1 })
    const thief = site.browser()
    await useBackupToken(person, thief)
    const browser = site.browser()
    const link = '/account/two-factor/sessions'
    const away = await browser.get(link)
    expect(away).toMatchObject({ status: 302, location: `/account/login?next=${encodeURIComponent(link)}` })
    await signIn(site, person, browser)
    expect((await browser.get(link)).text).toContain('action="/account/two-factor/sessions"')
    expect((await thief.get('/admin')).status).toBe(200)
    expect((await browser.post(link)).location).toBe('/account/login')
    expect((await thief.get('/admin')).status).toBe(302)
    expect((await browser.get('/admin')).status).toBe(302)
  })

  it("does not let someone who has only the password end the owner's sessions", async () => {
    const person = await createTestUser(site)
    const owner = await signIn(site, person)
    const guesser = site.browser()
    await guesser.post('/account/login', { username: person.email, password: person.password })
    expect((await guesser.post('/account/two-factor/sessions')).location).toMatch(/^\/account\/login/)
    expect((await owner.get('/admin')).status).toBe(200)
  })
})
