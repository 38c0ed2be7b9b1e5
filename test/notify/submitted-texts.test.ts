import { simpleParser } from 'mailparser'
import { createTransport } from 'nodemailer'
import { describe, expect, it } from 'vitest'
import { translatorFor } from '../../src/i18n/translator.js'
import { composeMail, type OutgoingMail } from '../../src/notify/gateways/mail-gateway.js'
import { mailSchema } from '../../src/notify/mails.js'
import { renderMail } from '../../src/notify/render-mail.js'
import { backupTokenEmail } from '../support/notify.js'

/** What mail programs turn into a link, and some texts that only look like one. */
const LINKS = [
  'https://evil.example/now',
  'https://ada@evil.example/now',
  'HTTPS://EVIL.EXAMPLE',
  'www.evil.example',
  'www.ada@evil.example/now',
  'Call evil.example',
  'evil.example/now@x',
  'evil。example',
  'mailto:support@evil.example',
  'tel:+41900123456',
  'ftp://evil.example',
  '//evil.example/now',
]

/** What an email links to itself, and what programs make of the client and a new email address. */
const OWN_LINKS = [backupTokenEmail.link, 'http://192.0.2.7', 'mailto:new@example.com']

/** Characters that change the text around them. */
const BREAKS = [
  'Ada\r\nBcc: eve@evil.example',
  'Ada\n\nYour account is suspended',
  '<b>Ada</b>',
  '<a href=x>Ada</a>',
  '"><img src=x>',
  'Ann\u202eecila',
  'Ada\u2066',
  'דנה\u202d',
  '\u001b[31mAda',
  '\u009b31mAda',
  'A'.repeat(10_000),
  '{{site}} $t(mails:unknown)',
  '=HYPERLINK("x")',
]

const everyMail = mailSchema.options.map((schema) => schema.shape.mail.value)

/** Any email, with one text in each place that someone else can choose. */
function mailWith(mail: string, words: string) {
  const facts = {
    ...backupTokenEmail,
    expiresAt: new Date(0),
    until: new Date(0),
    about: 'new-browser',
    own: false,
    pausedUntil: new Date(0),
    kind: 'totp',
    code: '123456',
    minutes: 5,
  }
  const parsed = ['owner', 'administrator'].map((by) =>
    mailSchema.safeParse({
      ...facts,
      newEmail: 'new@example.com',
      mail,
      by,
      name: words,
      device: words,
      browser: words,
    }),
  )
  const [first] = parsed.flatMap(({ data }) => data ?? [])
  if (!first) throw new Error(`${mail} takes none of this`)
  return first
}

async function read(outgoing: Pick<OutgoingMail, 'subject' | 'text' | 'html'>, name: string) {
  const whole = {
    ...outgoing,
    messageId: '<1@localhost>',
    date: new Date(0),
    to: { name, address: backupTokenEmail.to },
  }
  const composer = createTransport({ streamTransport: true, buffer: true })
  const { message } = await composer.sendMail(composeMail(whole, { name: 'Desk', address: 'no-reply@localhost' }))
  if (!Buffer.isBuffer(message)) throw new Error('composed to a stream')
  return await simpleParser(message)
}

const targetsOf = (html: string | false | undefined) =>
  [...(html || '').matchAll(/href="([^"]*)"/g)].map(([, target = '']) => target)

describe.each(everyMail)('the email %s', (mail) => {
  it.each(LINKS)('makes no link of %j', async (words) => {
    const sent = mailWith(mail, words)
    const rendered = renderMail(sent, 'Night Desk', translatorFor('en'))
    const { html, textAsHtml } = await read(rendered, sent.name)
    for (const target of [...targetsOf(html), ...targetsOf(textAsHtml)]) expect(OWN_LINKS).toContain(target)
  })

  it.each(BREAKS)('keeps %j to its own place', async (words) => {
    const sent = mailWith(mail, words)
    const { headers, text, html, to, subject } = await read(
      renderMail(sent, 'Night Desk', translatorFor('en')),
      sent.name,
    )
    expect(headers.has('bcc')).toBe(false)
    expect(to).toMatchObject({ value: [{ address: backupTokenEmail.to }] })
    expect(`${text}`).not.toMatch(/^(?:Bcc|Your account)/m)
    expect(String(html)).not.toMatch(/<b>|<img|<a href=x/)
    for (const part of [subject, text, String(html)]) {
      expect(part).not.toMatch(/[\u202a-\u202e]|[^\P{Cc}\t\n]/u)
      expect(part?.split('\u2068').length).toBe(part?.split('\u2069').length)
    }
  })
})

it('makes no link of the part in front of the @ in a new email address', async () => {
  for (const newEmail of ['www.evil.example/now@example.com', 'evil.example/now?a=@example.com']) {
    const mail = mailSchema.parse({ ...backupTokenEmail, mail: 'email-changed', newEmail })
    const { textAsHtml } = await read(renderMail(mail, 'Night Desk', translatorFor('en')), mail.name)
    for (const target of targetsOf(textAsHtml)) expect(target).not.toContain('evil')
  }
})

it('shows any other new email address as it is', () => {
  for (const newEmail of ['ada.lovelace+otp@example.com', "o'hara@example.com"]) {
    const mail = mailSchema.parse({ ...backupTokenEmail, mail: 'email-changed', newEmail })
    expect(renderMail(mail, 'Night Desk', translatorFor('en')).text).toContain(`: ${newEmail}\n`)
  }
})
