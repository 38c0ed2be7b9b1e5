import { runHostCode } from '../../host-code.js'
import { within } from '../../within.js'
import { DeliveryError } from '../delivery-error.js'
import type { MailGateway } from './mail-gateway.js'
import type { Delivered, SmsGateway } from './sms-gateway.js'

/** Seconds for one email, as for an SMTP server. */
const MAIL = 30
/** Seconds for one text message or call: the person waits for the page. */
const PHONE = 10

/**
 * Gives an application's mail gateway a time limit: four emails without an answer would hold
 * every worker. Its methods may be those of a class and need `this`.
 */
export function limitMail(mail: Pick<MailGateway, 'send'> & Partial<MailGateway>, seconds = MAIL): MailGateway {
  return {
    async send(message, signal) {
      const limit = AbortSignal.timeout(seconds * 1000)
      const over = signal ? AbortSignal.any([signal, limit]) : limit
      await Promise.race([runHostCode(() => mail.send(message, over)), failAt(over)])
    },
    close: () => mail.close?.(),
  }
}

/** Settles with the signal, or never. */
async function failAt(over: AbortSignal): Promise<void> {
  if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }))
  throw new DeliveryError('mail gateway: no response in time', false)
}

/** The same for text messages and calls. */
export function limitSms(sms: SmsGateway, seconds = PHONE): SmsGateway {
  const limited = async (work: () => Promise<Delivered>): Promise<Delivered> =>
    (await within(seconds * 1000, runHostCode(work))) ?? {
      ok: false,
      reason: 'gateway_unavailable',
      detail: 'no response in time',
    }
  return {
    sendText: (message) => limited(() => sms.sendText(message)),
    call: (message) => limited(() => sms.call(message)),
  }
}
