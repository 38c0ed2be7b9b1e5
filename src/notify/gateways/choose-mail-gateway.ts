import path from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../../config/read-config.js'
import { createFileGateway } from './file.js'
import type { MailGateway, Sender } from './mail-gateway.js'
import { createSmtpGateway } from './smtp.js'

type MailConfig = Pick<Config, 'smtpUrl' | 'mailFrom' | 'siteName' | 'folder'>

/**
 * The mail server of `SMTP_URL`, or files under `DATA_DIR/mail`.
 *
 * @param baseUrl the public address, known once the port is
 */
export function chooseMailGateway(config: MailConfig, baseUrl: string, log: Logger): MailGateway {
  const from: Sender = config.mailFrom ?? {
    name: config.siteName,
    address: `no-reply@${new URL(baseUrl).hostname}`,
  }
  if (config.smtpUrl) return createSmtpGateway(config.smtpUrl, from)
  return createFileGateway(path.join(config.folder, 'mail'), from, log)
}
