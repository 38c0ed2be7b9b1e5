import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/db/connect.js'
import type { MailGateway } from '../../src/notify/gateways/mail-gateway.js'
import { createSmtpGateway } from '../../src/notify/gateways/smtp.js'
import { openTestDatabase, preferredDatabase } from '../support/database.js'
import { codeIn, type Deliveries, startDeliveries } from '../support/deliveries.js'
import { createTestUser, signIn, startTestSite, type TestSite } from '../support/site.js'
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.js'

const add = '/account/two-factor/email/add'
const full = 'Your mailbox is full'
const refused = 'accept mail for this email address'
const silent = 'The service that sends codes'

describe('a code by email that the mail server rejects', () => {
  let database: Database
  let site: TestSite
  let smtp: SmtpServer
  let mail: MailGateway
  let deliveries: Deliveries
  beforeAll(async () => {
    database = await openTestDatabase()
    site = await startTestSite(database, { OTP_EMAIL: 'true' })
    smtp = await startSmtpServer()
    mail = createSmtpGateway(smtp.url, { name: 'Site', address: 'site@example.com' })
    deliveries = startDeliveries(database, site, { mail, embedded: preferredDatabase() === 'embedded' })
  })
  afterAll(async () => {
    await deliveries.stop()
    mail.close()
    await smtp.close()
    await site.close()
    await database.close()
  })

  it("makes no link of the recipient's name, which others can choose", async () => {
    smtp.behaviour = 'accept'
    const person = await createTestUser(site, { name: 'https://evil.example/now' })
    const browser = await signIn(site, person)
    const before = smtp.seen.length
    expect(await browser.post(add, { otp_challenge: 'send' })).toMatchObject({ status: 303 })
    const [mail] = smtp.seen.slice(before)
    expect(mail?.text).toContain('Hello https:')
    for (const part of [mail?.text, String(mail?.html)]) expect(part).not.toMatch(/https:\/\/evil|evil\.example/)
  })

  it.each([
    ['RCPT', 552, '5.2.2 Mailbox full', full],
    ['RCPT', 552, 'Requested mail action aborted: exceeded storage allocation', full],
    ['RCPT', 452, '4.2.2 The recipient is over quota', full],
    ['RCPT', 450, '4.2.1 The recipient receives mail at too high a rate', full],
    ['RCPT', 550, '5.2.2 Over quota', full],
    ['RCPT', 550, '5.2.1 Mailbox disabled', full],
    ['DATA', 552, '5.2.2 Mailbox full', full],
    ['DATA', 452, '4.2.2 Mailbox full', full],
    ['RCPT', 550, '5.1.1 No such user', refused],
    ['RCPT', 550, 'No such user here', refused],
    ['RCPT', 553, '5.1.3 Bad address', refused],
    ['RCPT', 554, '5.7.1 Refused', refused],
    ['RCPT', 451, '4.3.0 Local error', silent],
    ['RCPT', 421, '4.3.2 Shutting down', silent],
  ] as const)(
    'says on the page what to do about %s %i %s, without the text of the server',
    async (to, code, text, expectedText) => {
      smtp.behaviour = { to, code, text }
      const browser = await signIn(site, await createTestUser(site))
      const answer = await browser.post(add, { otp_challenge: 'send' })
      expect(answer).toMatchObject({ status: 422, code: 'challenge_exception' })
      expect(answer.text).toContain(expectedText)
      expect(answer.text).not.toContain('a problem with our configuration')
      expect(answer.text).not.toContain(text)
    },
  )

  it('keeps the form for the code that arrived before, and says that it still works', async () => {
    smtp.behaviour = 'accept'
    const person = await createTestUser(site)
    const browser = await signIn(site, person)
    const arrival = smtp.arrival(person.email)
    expect((await browser.post(add, { otp_challenge: 'send' })).status).toBe(303)
    const code = codeIn((await arrival).text)
    site.clock.advance(31)
    smtp.behaviour = { to: 'RCPT', code: 552, text: '5.2.2 Mailbox full' }
    const failed = await browser.post(add, { otp_challenge: 'again' })
    expect(failed.text).toContain(full)
    for (const { text } of [failed, await browser.get(add)]) {
      expect(text).toContain('name="otp_token"')
      expect(text).toContain('The code you received before still works until it expires.')
    }
    expect((await browser.post(add, { otp_token: code })).status).toBe(303)
  })
})
