import path from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../../config/read-config.js'
import { createMailFileGateway } from './mail-file.js'
import type { MailGateway, Sender } from './mail-gateway.js'
import { createSmtpGateway } from './smtp.js'

type MailConfig = Pick<Config, 'smtpUrl' | 'mailFrom' | 'siteName' | 'folder'>

/**
 * Creates the gateway to the mail server in `SMTP_URL`, or the one that writes files to
 * `DATA_DIR/mail`.
 *
 * @param baseUrl public URL, known when the port is
 */
export function chooseMailGateway(config: MailConfig, baseUrl: string, log: Logger): MailGateway {
  const from: Sender = config.mailFrom ?? {
    name: config.siteName,
    address: `no-reply@${new URL(baseUrl).hostname}`,
  }
  if (config.smtpUrl) return createSmtpGateway(config.smtpUrl, from)
  return createMailFileGateway(path.join(config.folder, 'mail'), from, log)
}
