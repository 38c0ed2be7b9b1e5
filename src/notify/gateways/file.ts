import { mkdir, open, rename } from 'node:fs/promises'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import type { Logger } from 'pino'
import { DeliveryError } from '../delivery-error.js'
import { composeMail, type MailGateway, type OutgoingMail, type Sender } from './mail-gateway.js'

/**
 * Writes each mail as an `.eml` file and logs the file's name. What a retry writes has
 * the same name, so there is one file per mail.
 *
 * @param folder created with mode 0700; the files have 0600
 */
export function createFileGateway(folder: string, from: Sender, log: Logger): MailGateway {
  const composer = createTransport({ streamTransport: true, buffer: true })
  return {
    async send(mail) {
      const { message } = await composer.sendMail(composeMail(mail, from))
      if (!Buffer.isBuffer(message)) throw new DeliveryError('mail file: composed to a stream', false)
      const file = path.join(folder, fileName(mail))
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeWhole(file, message)
      } catch (error) {
        throw new DeliveryError('mail file: could not be written', false, { cause: error })
      }
      log.info({ file }, 'mail written')
    },
    close: () => composer.close(),
  }
}

/** Sorts by time and tells mails of one second apart. */
function fileName(mail: OutgoingMail): string {
  const time = mail.date.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${time}-${mail.messageId.replace(/^<|@.*$/g, '')}.eml`
}

/** A reader sees the whole file or none, also after a crash. */
async function writeWhole(file: string, content: Buffer): Promise<void> {
  const temporary = `${file}.part`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
