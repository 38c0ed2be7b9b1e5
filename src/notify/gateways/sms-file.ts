import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Logger } from 'pino'
import type { DeliveryResult, SmsGateway, VoiceMessage, TextMessage } from './sms-gateway.js'
import { messageFileName, writeAtomically } from './write-atomically.js'

/**
 * Creates a gateway for development that writes each message as a text file and logs the file's name.
 *
 * @param folder created with mode 0700; the files have 0600
 */
export function createSmsFileGateway(folder: string, log: Logger): SmsGateway {
  const write = async (message: TextMessage | VoiceMessage, lines: readonly string[]): Promise<DeliveryResult> => {
    const file = path.join(folder, `${messageFileName(message.date, message.id)}.txt`)
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeAtomically(file, `To: ${message.to}\n${lines.join('\n')}\n`)
    } catch {
      return { ok: false, reason: 'gateway_unavailable', detail: 'sms file: could not be written' }
    }
    log.info({ file }, 'phone message written')
    return { ok: true }
  }
  return {
    sendText: (message) => write(message, ['Method: sms', '', message.text]),
    call: (message) => write(message, ['Method: call', `Voice: ${message.voice}`, '', ...message.phrases]),
  }
}
