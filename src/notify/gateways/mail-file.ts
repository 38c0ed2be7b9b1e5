import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { createTransport } from 'nodemailer'
import type { Logger } from 'pino'
import { DeliveryError } from '../delivery-error.js'
import { composeMail, type MailGateway, type Sender } from './mail-gateway.js'
import { messageFileName, writeAtomically } from './write-atomically.js'

/**
 * Creates a gateway that writes each email as an `.eml` file and logs the file's name. A retry
 * writes to the same file.
 *
 * @param folder created with mode 0700; the files have 0600
 */
export function createMailFileGateway(folder: string, from: Sender, log: Logger): MailGateway {
  const composer = createTransport({ streamTransport: true, buffer: true })
  return {
    async send(mail) {
      const { message } = await composer.sendMail(composeMail(mail, from, { eightBit: true }))
      if (!Buffer.isBuffer(message)) throw new DeliveryError('mail file: composed to a stream', false)
      const id = mail.messageId.replace(/^<|@.*$/g, '')
      const file = path.join(folder, `${messageFileName(mail.date, id)}.eml`)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeAtomically(file, message)
      } catch (error) {
        throw new DeliveryError('mail file: could not be written', false, { cause: error })
      }
      log.info({ file }, 'email written')
    },
    close: () => composer.close(),
  }
}
