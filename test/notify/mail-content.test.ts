import { createTransport } from 'nodemailer'
import { simpleParser } from 'mailparser'
import { describe, expect, it } from 'vitest'
import { type Language, languages, translatorFor } from '../../src/i18n/translator.js'
import { composeMail } from '../../src/notify/gateways/mail-gateway.js'
import { type Mail, mailSchema } from '../../src/notify/mails.js'
import { renderMail } from '../../src/notify/render-mail.js'
import { backupTokenEmail } from '../support/notify.js'

/** The email as it would be sent, after it was read back from the job queue. */
async function travel(mail: Mail, site = 'Night Desk') {
  return await simpleParser(await compose(mail, site))
}

async function compose(mail: Mail, site = 'Night Desk', language: Language = 'en'): Promise<Buffer> {
  const parsed = mailSchema.parse(JSON.parse(JSON.stringify(mail)))
  const outgoing = {
    ...renderMail(parsed, site, translatorFor(language)),
    messageId: '<1@localhost>',
    date: new Date(0),
    to: { name: parsed.name, address: parsed.to },
  }
  const composer = createTransport({ streamTransport: true, buffer: true })
  const { message } = await composer.sendMail(composeMail(outgoing, { name: site, address: 'no-reply@localhost' }))
  if (!Buffer.isBuffer(message)) throw new Error('composed to a stream')
  return message
}

describe('a link in the text of an email', () => {
  const token = 'Zm9vYmFyLTEyMzQ1Njc4OTAtYWJjZGVmZ2hpamtsbW5'
  const link = `https://a-rather-long-subdomain-of-the.staff-portal.example.com/account/password/reset/${token}`

  const facts = { ...backupTokenEmail, link, by: 'owner', expiresAt: new Date(0), until: new Date(0), device: 'Phone' }
  const paused = { about: 'new-browser', own: true, pausedUntil: new Date(0) }
  const about = { ...facts, kind: 'totp', newEmail: 'ada@example.org', left: 3, ...paused }
  // An email about what an administrator did has no link.
  const mails = mailSchema.options
    .filter((schema) => 'link' in schema.shape && schema.safeParse({ ...about, mail: schema.shape.mail.value }).success)
    .map(({ shape }) => shape.mail.value)
  const cases = mails.flatMap((mail) => languages.map((language) => ({ mail, language })))

  it.each(cases)('is in one piece in the source: $mail in $language', async ({ mail, language }) => {
    const source = (await compose(mailSchema.parse({ ...about, mail, language }), 'Night Desk', language)).toString()
    const [, part = ''] = source.split('Content-Type: text/plain')
    const [head = '', body = ''] = part.split('\r\n--')[0]?.split(/\r\n\r\n(.*)/s) ?? []
    const isBase64 = /^Content-Transfer-Encoding: base64$/m.test(head.replaceAll('\r', ''))
    const readable = isBase64 ? Buffer.from(body, 'base64').toString() : body
    expect(head).toMatch(/Content-Transfer-Encoding: (7bit|base64)/)
    expect(readable).toContain(link)
    expect((await simpleParser(source)).text).toContain(link)
    for (const line of source.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998)
  })

  it('survives a line that starts with a dot and text beyond ASCII', async () => {
    const { text } = await travel({ ...backupTokenEmail, name: '.\u00c5sa \u{1f600}' })
    expect(text).toContain('.\u00c5sa \u{1f600}')
  })
})

describe('the alert email', () => {
  it('has the same content in text and HTML', async () => {
    const { text, html } = await travel(backupTokenEmail)
    const facts = [
      'Hello Ada Lovelace,',
      'Night Desk',
      '2026-03-01 23:59 UTC',
      '192.0.2.7',
      'Firefox 139 on Linux',
      '9',
      'https://admin.example.com/account/two-factor/sessions',
      'Do this now:',
      'administrator',
    ]
    for (const fact of facts) for (const body of [text, html]) expect(body).toContain(fact)
  })

  it('can be read as it is sent: short lines, and the link in one piece', async () => {
    const [, plain = ''] = (await compose(backupTokenEmail))
      .toString()
      .replaceAll('\r\n', '\n')
      .split('Content-Type: text/plain')
    expect(plain).toContain(`   ${backupTokenEmail.link}\n`)
    for (const line of plain.slice(0, plain.indexOf('Content-Type: text/html')).split('\n'))
      expect(line.length).toBeLessThanOrEqual(76)
  })

  it('is complete without a name, an IP address and a browser', async () => {
    const { text } = await travel({ ...backupTokenEmail, name: '', address: null, browser: null, left: 0 })
    expect(text).toMatch(/^Hello,\n/)
    expect(text).toContain('IP address: unknown\nBrowser: unknown\nBackup tokens left: 0\n')
    expect(text).toContain('Generate a new set of backup tokens soon')
  })

  it('contains no markup from outside', async () => {
    const { html } = await travel(
      { ...backupTokenEmail, name: '<script>x</script>', browser: '"><img src=x>' },
      '<i>Desk</i>',
    )
    expect(html).not.toMatch(/<script|<img|<i>/)
  })
})

describe('header injection', () => {
  it.each(['\r\n', '\n', '\r', '\u2028', '\0'])('adds no header and no paragraph with %j', async (end) => {
    const evil = `Ada${end}Bcc: eve@example.com${end}${end}Click here`
    const { headers, to, text } = await travel(
      { ...backupTokenEmail, name: evil, browser: evil, address: evil },
      `Desk${end}Bcc: eve@example.com`,
    )
    expect(headers.has('bcc')).toBe(false)
    expect(to).toMatchObject({ value: [{ address: 'ada@example.com' }] })
    expect(text).toContain('Browser: Ada Bcc: eve@example.com Click here\n')
  })

  it.each([
    'ada@example.com, eve@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com;eve@example.com',
    'ada',
  ])('rejects %j as a recipient', (to) => {
    expect(mailSchema.safeParse({ ...backupTokenEmail, to }).success).toBe(false)
  })

  it('rejects a link that is not a web URL', () => {
    expect(mailSchema.safeParse({ ...backupTokenEmail, link: 'javascript:alert(1)' }).success).toBe(false)
  })
})

describe('the email about the limit of notices', () => {
  const paused = { about: 'new-browser', pausedUntil: new Date('2026-03-02T00:30Z') }

  it.each(languages)('names the emails that are left out, and until when, in %s', (language) => {
    const mail = mailSchema.parse({ ...backupTokenEmail, ...paused, mail: 'notices-paused', own: true, language })
    const t = translatorFor(language)
    const { text, html } = renderMail(mail, 'Desk', t)
    for (const body of [text, html])
      for (const fact of [t('mails:new-browser.subject', { site: 'Desk' }), '2026-03-02 00:30 UTC'])
        expect(body.replace(/\s+/g, ' ')).toContain(fact.replace(/\s+/g, ' '))
  })

  it('does not tell an owner where an administrator is', async () => {
    const about = 'two-factor-disabled'
    const mail = { ...backupTokenEmail, ...paused, about, mail: 'notices-paused', own: false }
    const { text } = await travel(mailSchema.parse(mail))
    expect(text?.replace(/\s+/g, ' ')).toContain('Night Desk: your second factor was reset')
    expect(text).not.toContain(String(backupTokenEmail.address))
  })
})

describe("an administrator's action", () => {
  it.each([
    ['backup-tokens-made', 'a backup token was issued for you'],
    ['two-factor-disabled', 'your second factor was reset'],
    ['sessions-ended', 'your sessions were ended'],
  ])('is in the subject of %s', async (mail, fact) => {
    const { subject } = await travel(mailSchema.parse({ ...backupTokenEmail, mail, by: 'administrator' }))
    expect(subject).toBe(`Night Desk: ${fact}`)
  })
})
