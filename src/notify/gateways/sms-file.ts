import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Logger } from 'pino'
import type { Delivered, SmsGateway, SpokenMessage, TextMessage } from './sms-gateway.js'
import { messageFileName, writeWhole } from './write-whole.js'

/**
 * Creates a gateway for development that writes each message as a text file and logs the file's name.
 *
 * @param folder created with mode 0700; the files have 0600
 */
export function createSmsFileGateway(folder: string, log: Logger): SmsGateway {
  const write = async (message: TextMessage | SpokenMessage, lines: readonly string[]): Promise<Delivered> => {
    const file = path.join(folder, `${messageFileName(message.date, message.id)}.txt`)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeWhole(file, `To: ${message.to}\n${lines.join('\n')}\n`)
    } catch {
      return { ok: false, reason: 'gateway_unavailable', detail: 'sms file: could not be written' }
    }
    log.info({ file }, 'phone message written')
    return { ok: true }
  }
  return {
    sendText: (message) => write(message, ['Method: sms', '', message.text]),
    call: (message) => write(message, ['Method: call', `Voice: ${message.voice}`, '', ...message.says]),
  }
}
