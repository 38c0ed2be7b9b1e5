import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { simpleParser } from 'mailparser'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chooseMailGateway } from '../../src/notify/gateways/choose-mail-gateway.js'
import type { MailGateway, OutgoingMail } from '../../src/notify/gateways/mail-gateway.js'
import { testConfig } from '../support/config.js'
import { testLog } from '../support/notify.js'

const mail: OutgoingMail = {
  messageId: '<6f1c1f0e-8a55-4d5e-9d9c-3f1f5b0c7a11@localhost>',
  date: new Date('2026-03-01T12:34:56.789Z'),
  to: { name: 'Ada', address: 'ada@example.com' },
  subject: 'A subject',
  text: 'The text',
  html: '<p>The text</p>',
}

describe('emails without SMTP_URL', () => {
  let folder: string
  let gateway: MailGateway
  let log: ReturnType<typeof testLog>

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'mail-'))
    log = testLog()
    gateway = chooseMailGateway(testConfig({ DATA_DIR: folder }), 'http://localhost:3000', log.log)
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are .eml files under DATA_DIR/mail that only their owner can read', async () => {
    await gateway.send(mail)
    const file = path.join(folder, 'mail', '20260301T123456Z-6f1c1f0e-8a55-4d5e-9d9c-3f1f5b0c7a11.eml')
    const parsed = await simpleParser(await readFile(file))
    expect(parsed).toMatchObject({ subject: 'A subject', messageId: mail.messageId, html: mail.html })
    expect(parsed.text).toContain('The text')
    expect(parsed.from?.text).toBe('"OTP Admin" <no-reply@localhost>')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700)
  })

  it('are logged by name, and nothing else about them', async () => {
    await gateway.send(mail)
    await log.says('email written')
    const [file = ''] = await readdir(path.join(folder, 'mail'))
    expect(log.text()).toContain(path.join(folder, 'mail', file))
    expect(log.text()).not.toMatch(/\bada\b|subject|The text/i)
  })

  it('are one file each, also when written again, and never a partial one', async () => {
    await gateway.send(mail)
    await gateway.send(mail)
    expect(await readdir(path.join(folder, 'mail'))).toHaveLength(1)
  })

  it('that cannot be written are an outage, not a rejection', async () => {
    await writeFile(path.join(folder, 'mail'), 'in the way')
    await expect(gateway.send(mail)).rejects.toMatchObject({ name: 'DeliveryError', permanent: false })
  })
})
